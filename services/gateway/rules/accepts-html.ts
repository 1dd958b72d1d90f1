/**
 * Whether a caller would rather have a page than JSON (RFC 9110, 12.5.1): browsers name
 * `text/html`, programs take
 * anything or JSON and get JSON.
 */
export function prefersHtml (accept: string | undefined): boolean {
  return quality(accept, ['text/html']) > quality(accept, ['application/json', 'application/problem+json', 'application/*', '*/*'])
}

/** The highest weight that an Accept header gives to any of the media types. */
function quality (accept = '*/*', types: string[]): number {
  const weights = accept.split(',').slice(0, 50).map(entry => {
    const [type = '', ...parameters] = entry.split(';').map(part => part.trim().toLowerCase())
    const weight = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? 1)
    return types.includes(type) && weight >= 0 && weight <= 1 ? weight : 0
  })
  return Math.max(0, ...weights)
}
