import helmet from 'helmet'

/**
 * The headers with which every answer tells browsers what they may do with it. They are the same
 * for all, so helmet is asked once at the start: at each request it cost as much as checking the
 * body.
 * @param public_url over HTTPS, browsers are told to insist on it
 */
export function securityHeaders (public_url: string): Record<string, string> {
  const headers: Record<string, string> = {}
  const answer = {
    setHeader (name: string, value: unknown) { headers[name.toLowerCase()] = String(value) },
    removeHeader () {},
  }
  const decorate = helmet({
    contentSecurityPolicy: {
      useDefaults: false, directives: {
        defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    hsts: public_url.startsWith('https:'),
    crossOriginResourcePolicy: { policy: 'same-site' },
    referrerPolicy: { policy: 'same-origin' },
  })
  decorate({} as never, answer as never, error => {
    if (error) throw error as Error
  })
  return headers
}
