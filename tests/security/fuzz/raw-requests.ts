/**
 * Bytes that no HTTP library sends. `PATH`, `TOKEN` and `METHOD` stand for those of the request
 * that is taken apart; the connection is ended after them.
 */
const lines = (...parts: string[]) => parts.join('\r\n')

const head = (...parts: string[]) => lines('METHOD PATH HTTP/1.1', 'Host: localhost', ...parts, '', '')

export const rawRequests: readonly string[] = [
  lines('METHOD PATH HTTP/1.1', '', ''),
  lines('METHOD PATH HTTP/1.0', '', ''),
  lines('METHOD PATH', '', ''),
  lines('METHOD PATH HTTP/2.0', 'Host: localhost', '', ''),
  lines('METHOD PATH HTTP/1.1', 'Host: a', 'Host: b', '', ''),
  lines('METHOD PATH HTTP/1.1', 'Host:', '', ''),
  lines('METHOD http://evil.examplePATH HTTP/1.1', 'Host: localhost', '', ''),
  lines('OPTIONS * HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET * HTTP/1.1', 'Host: localhost', '', ''),
  lines('CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example', '', ''),
  lines('TRACE PATH HTTP/1.1', 'Host: localhost', 'Authorization: Bearer TOKEN', '', ''),
  lines('FOO PATH HTTP/1.1', 'Host: localhost', '', ''),
  lines('get PATH HTTP/1.1', 'Host: localhost', '', ''),
  lines('PRI * HTTP/2.0', '', 'SM', '', ''),
  lines('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '', ''),
  lines('GET  PATH  HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET /a b HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET /\xc3\xa9\xff HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET evil HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET //evil.example/%2f.. HTTP/1.1', 'Host: localhost', '', ''),
  lines('GET /\\evil.example HTTP/1.1', 'Host: localhost', '', ''),
  lines(`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'Host: localhost', '', ''),
  head('no colon'), head('name : value'), head(': value'), head('a: b', ' folded'), head('a: \0'),
  head(`a: ${'b'.repeat(20_000)}`), head(...Array.from({ length: 2_500 }, (_, n) => `a${n}: b`)),
  head('Authorization: Bearer TOKEN', 'Authorization: Bearer TOKEN'),
  head('Content-Length: 2', 'Content-Length: 3') + '{}',
  head('Content-Length: -1'), head('Content-Length: 1e3'), head('Content-Length: 99999999999999999999'),
  head('Content-Type: application/json', 'Content-Length: 500') + '{"a":',
  head('Content-Type: application/json', 'Content-Length: 2', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
  head('Content-Type: application/json', 'Transfer-Encoding: chunked') + '2\r\n{}\r\n0\r\na: b\r\n\r\n',
  head('Content-Type: application/json', 'Transfer-Encoding: chunked') + 'zz\r\n{}\r\n0\r\n\r\n',
  head('Content-Type: application/json', 'Transfer-Encoding: chunked') + '5\r\n{}',
  head('Content-Type: application/json', 'Transfer-Encoding: gzip, chunked') + '2\r\n{}\r\n0\r\n\r\n',
  head('Transfer-Encoding: identity'), head('Transfer-Encoding: chunked, chunked') + '0\r\n\r\n',
  head('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
  head('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'),
  head('Expect: 200-ok'), head('Expect: 100-continue', 'Content-Length: 5'),
  head('Connection: close, keep-alive', 'Keep-Alive: timeout=-1'),
  head() + head(), head().replaceAll('\r\n', '\n'), head().slice(0, -2), '\r\n\r\n\r\n' + head(), 'METHOD',
]
