/** Money is an integer in the currency's smallest unit; only here does it meet a decimal point. */

/**
 * ISO 4217, list one: all currencies in use, by the number of digits of their smallest unit. Our
 * own table because Intl follows CLDR, which counts other digits for some (HUF, IQD), and amounts
 * must not change with a runtime.
 */
const codesByExponent: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
    CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD
    LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
    ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}

const exponents = new Map(Object.entries(codesByExponent).flatMap(([exponent, codes]) =>
  codes.trim().split(/\s+/).map(code => [code, Number(exponent)] as const)))

export const currencies: readonly string[] = [...exponents.keys()].sort()

export const isCurrency = (code: string) => exponents.has(code)

/**
 * Digits after the decimal point: 2 for EUR, 0 for JPY, 3 for KWD. Throws RangeError for an
 * unknown currency.
 */
export function exponentOf (currency: string): number {
  const exponent = exponents.get(currency)
  if (exponent === undefined) throw new RangeError(`${currency} is not a currency of ISO 4217`)
  return exponent
}

/** The amount as a plain decimal number: 1250 EUR is `12.50`. Also what `parseMoney` reads. */
export function decimalOf (minor: number, currency: string): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} is not whole minor units`)
  const exponent = exponentOf(currency)
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent)
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`
  return `${minor < 0 ? '-' : ''}${whole}${fraction}`
}

const formats = new Map<string, Intl.NumberFormat>()
/** Locales come from browsers too; whoever invents more must not fill the memory. */
const max_formats = 2000

/** Kept, because making one takes longer than all the rest. */
function formatOf (currency: string, locale: string): Intl.NumberFormat {
  const key = `${currency} ${locale}`
  const known = formats.get(key)
  if (known) return known
  const exponent = exponentOf(currency)
  const format = new Intl.NumberFormat(locale, {
    style: 'currency', currency, minimumFractionDigits: exponent, maximumFractionDigits: exponent,
  })
  if (formats.size >= max_formats) formats.clear()
  formats.set(key, format)
  return format
}

/** For people, in their language: 1250 EUR is `€12.50` in `en` and `12,50 €` in `fr`. */
export function formatMoney (minor: number, currency: string, locale: string): string {
  // A string, so that no amount passes through a binary fraction.
  return formatOf(currency, locale).format(decimalOf(minor, currency) as `${number}`)
}

/**
 * Minor units of a plain decimal number (`12.5` EUR is 1250). Throws RangeError for anything else:
 * other digits than ASCII, signs, grouping, exponents, more decimals than the currency has, more
 * than can be counted exactly.
 */
export function parseMoney (text: string, currency: string): number {
  const exponent = exponentOf(currency)
  const match = /^([0-9]{1,16})(?:\.([0-9]{1,4}))?$/.exec(text.trim())
  if (!match) throw new RangeError('Not an amount such as 12.50')
  const [, whole = '0', fraction = ''] = match
  if (fraction.length > exponent) {
    throw new RangeError(`${currency} has at most ${exponent} decimals`)
  }
  const minor = Number(whole + fraction.padEnd(exponent, '0'))
  if (!Number.isSafeInteger(minor)) throw new RangeError('This amount is too large')
  return minor
}
