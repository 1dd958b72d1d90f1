import { Secret, TOTP } from 'otpauth'
import { create } from 'qrcode'

const period_s = 30
/** One before and one after, for clocks that differ and people who type slowly (RFC 6238, 5.2). */
const window = 1
/** As RFC 4226 advises; what apps expect. */
const secret_bytes = 20
const quiet_zone_modules = 4

const totpOf = (secret: Uint8Array, label: string) => new TOTP({
  issuer: 'Fermata', label, algorithm: 'SHA1', digits: 6, period: period_s,
  secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
})

export const newTotpSecret = (): Buffer =>
  Buffer.from(new Secret({ size: secret_bytes }).bytes)

/** What an app needs to give codes: as text, as an address, and as a picture of the address. */
export function describeTotp (secret: Uint8Array, label: string) {
  const totp = totpOf(secret, label)
  const uri = totp.toString()
  return { secret: totp.secret.base32, uri, qr_svg: qrSvg(uri) }
}

/** The half minute, counted from 1970, that a code belongs to; null when it is of none near. */
export function stepOfCode (secret: Uint8Array, code: string, now_ms: number): number | null {
  const delta = totpOf(secret, '').validate({ token: code, timestamp: now_ms, window })
  return delta === null ? null : Math.floor(now_ms / 1000 / period_s) + delta
}

/** Dark on white whatever the page's colours are: readers want it so. */
function qrSvg (text: string): string {
  const { modules } = create(text, { errorCorrectionLevel: 'M' })
  const { size } = modules
  let path = ''
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (modules.get(row, column)) path += `M${column} ${row}h1v1h-1z`
    }
  }
  const side = size + 2 * quiet_zone_modules
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${side}v${side}H0z"/>` +
    `<path fill="#000" transform="translate(${quiet_zone_modules} ${quiet_zone_modules})" d="${path}"/></svg>`
}
