import { create } from 'qrcode'

export interface QrCode {
  /** Modules on a side, without the quiet zone. */
  size: number
  /** All dark modules as bars one unit high, one unit for each module, from the top left. */
  bars: { x: number, y: number, width: number }[]
}

/** Light modules that readers need around a code. */
export const quiet_zone_modules = 4

/**
 * @param level `M` repairs 15 % of the code and keeps its modules large, for screens; `Q` 25 %, for
 * paper, which is folded and gets wet
 */
export function qrCode (code: string, level: 'M' | 'Q'): QrCode {
  // Said outright: a byte segment would need a third more modules for the same text.
  const { modules } = create([{ data: code, mode: 'alphanumeric' }], { errorCorrectionLevel: level })
  const { size } = modules
  const bars: QrCode['bars'] = []
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const start = column
      while (column < size && modules.get(row, column)) column++
      if (column > start) bars.push({ x: start, y: row, width: column - start })
    }
  }
  return { size, bars }
}

/** Dark on white whatever the page's colours are: readers want it so. */
export function qrSvg (code: string): string {
  const { size, bars } = qrCode(code, 'M')
  const path = bars.map(({ x, y, width }) => `M${x} ${y}h${width}v1h${-width}z`).join('')
  const side = size + 2 * quiet_zone_modules
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges" role="img">` +
    `<title>QR</title><path fill="#fff" d="M0 0h${side}v${side}H0z"/>` +
    `<path fill="#000" transform="translate(${quiet_zone_modules} ${quiet_zone_modules})" d="${path}"/></svg>\n`
}
