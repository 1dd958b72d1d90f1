import { create } from 'qrcode'

export interface QrCode {
  /** Modules on a side, without the quiet zone. */
  size: number
  /** All dark modules as one SVG path, one unit for each module, from the top left. */
  path: string
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
  let path = ''
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const start = column
      while (column < size && modules.get(row, column)) column++
      if (column > start) path += `M${start} ${row}h${column - start}v1h${start - column}z`
    }
  }
  return { size, path }
}

/** Dark on white whatever the page's colours are: readers want it so. */
export function qrSvg (code: string): string {
  const { size, path } = qrCode(code, 'M')
  const side = size + 2 * quiet_zone_modules
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges" role="img">` +
    `<title>QR</title><path fill="#fff" d="M0 0h${side}v${side}H0z"/>` +
    `<path fill="#000" transform="translate(${quiet_zone_modules} ${quiet_zone_modules})" d="${path}"/></svg>\n`
}
