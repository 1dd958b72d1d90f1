/** What has upset programs before: each stands in for one value of a request that fits. */

const nested = (depth: number) => {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const cursorOf = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url')
const id = '0198f3c0-0000-7000-8000-000000000001'

/** Moments that some standard allows and some program does not. */
const moments = [
  '2027-03-01T10:00:00+23:00', '2027-03-01T10:00:00-23:59', '2027-03-01T10:00:00+24:00',
  '2027-03-01T10:00:00+01:00[Europe/Paris]', '2027-03-01T10:00:00Z[UTC][u-ca=hebrew]',
  '2027-06-30T23:59:60Z', '2027-02-30T10:00:00Z', '2027-13-01T10:00:00Z', '2027-03-01T24:00:00Z',
  '0000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '+010000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-14:00', '1000-01-01T00:00:00+14:00', '2999-12-31T23:59:59.999999999Z',
  '2027-03-01T10:00:00.123456789012345678Z', '2027-03-01', '2027-03-01t10:00:00z', 'infinity',
  '-infinity', 'now', 'epoch', '1e15', '2027-W09-1T10:00:00Z', '2027-10-31T02:30:00+01:00',
]

const cursors = [
  'e30', 'bnVsbA', 'W10', '!!!', cursorOf({ id }), cursorOf({ id: 'x' }), cursorOf({ id: '\0' }),
  cursorOf({ created_at: '2027-06-30T23:59:60Z', id }), cursorOf({ created_at: moments[0], id }),
  cursorOf({ starts_at: '9999-12-31T23:59:59Z', id }), cursorOf({ number: 1e308 }),
  cursorOf({ number: -1 }), cursorOf({ number: 2147483648 }), cursorOf({ position: 0, id }),
  cursorOf(nested(40)), cursorOf(JSON.parse('{"__proto__":{"id":1}}')), 'A'.repeat(500),
]

const texts = [
  '', ' ', '\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', 'a\udc00', '\u202e\u0007', '\r\nX-A: b',
  '\ufeff', '🎭'.repeat(60), 'é'.repeat(130), 'x'.repeat(300), 'x'.repeat(30_000), '%00', '%', '%2f',
  '/', '//', '..', '../../etc/passwd', '\\', '\'', '"', '`', '$1', '{id}', ':id', '*', '?', '#', '-',
  '١٢٣', '１２３', '٣', 'ｄｒａｆｔ', 'NaN', 'Infinity', '1e3', '0x10', '1 ', '+1', '-0', '1.5', 'true',
  'null', 'undefined', '[object Object]', '__proto__', 'constructor', 'toString', 'hasOwnProperty',
  id.toUpperCase(), `{${id}}`, id.replaceAll('-', ''), '00000000-0000-0000-0000-000000000000',
  'urn:uuid:' + id, 'UTC', 'utc', 'Etc/Unknown', 'Europe/Nowhere', 'GMT+25', '+01:00', 'EUR\n', 'XXX',
  'none@none', 'a@[127.0.0.1]', '"x"@example.org', 'a@b@example.org', 'Ann <a@example.org>',
  'javascript:alert(1)', '<script>', "' or 1=1 --", '${7*7}', '{{7*7}}', '\u2028', 'i̇İ', 'ß', '(((',
  'Bearer ', 'fo_', 'fq_AAAAAAAA', 'eyJhbGciOiJub25lIn0.e30.',
]

const numbers = [
  0, -0, -1, 1, 0.1, 1.5, 101, 2147483647, 2147483648, -2147483649, 4294967296, 9007199254740991,
  9007199254740994, 1e12, 1e12 + 1, 1e15, 1e21, 1e308, -1e308, 5e-324,
]

const shapes = [
  null, true, false, [], {}, [[]], [null], [{}], { '': '' }, nested(45), nested(60), nested(900),
  Array.from({ length: 300 }, (_, n) => n), { length: 1e9 }, { toString: 1 }, JSON.parse('{"then":1}'),
  { $ne: null }, JSON.parse('{"__proto__":{"admin":true}}'),
]

export const oddTexts: readonly string[] = [...moments, ...cursors, ...texts]
export const oddValues: readonly unknown[] = [...oddTexts, ...numbers, ...shapes]

/** Bodies that are not what their type says; the request's own stands where `BODY` does. */
export const oddBodies: readonly string[] = [
  '', ' ', '{', '}', '[', 'null', 'true', '1', '"', '"text"', '{}', '[]', '{"a":1,"a":2}', '{"a":}',
  '\ufeffBODY', 'BODYBODY', 'BODY\0', 'BODY,', '[BODY]', '[BODY', '{"body":BODY}',
  '{"__proto__":BODY}', '{"constructor":{"prototype":{}}}', '1e999', '{"a":1e999}', '-', '\0', '\xff\xfe',
  '['.repeat(30_000), `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, `"${'x'.repeat(70_000)}"`,
  'a=b&c=d', '--x\r\n', '<?xml version="1.0"?><a/>', '{"a":"\\ud800"}', '{"a":"\\u0000"}', '{"\\u0000":1}',
]

export const oddTypes: readonly string[] = [
  '', 'text/plain', 'text/html', 'application/xml', 'application/json; charset=utf-16', 'json', '/',
  'application/json, application/json', 'application/json;', 'APPLICATION/JSON', 'application/ld+json',
  'application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary=',
  'multipart/form-data; boundary=x', 'multipart/form-data; boundary="', 'application/x-ndjson',
  'application/octet-stream', 'application/json; boundary=x', 'application/problem+json', '*/*',
  '__proto__', 'application/json\t', 'a'.repeat(2_000),
]

/** Names and values that a request may carry twice, or strangely. Bytes above 127 are Latin-1. */
export const oddHeaders: readonly (readonly [string, string])[] = [
  ['authorization', ''], ['authorization', 'Bearer'], ['authorization', 'Bearer x.y.z'],
  ['authorization', 'Basic Og=='], ['authorization', 'Bearer fo_' + 'A'.repeat(60)],
  ['authorization', 'Bearer eyJhbGciOiJFZERTQSJ9.bnVsbA.AAAA'], ['authorization', 'Bearer \xff'],
  ['authorization', `Bearer ${'a'.repeat(6_000)}`], ['authorization', 'Bearer ..'],
  ['cookie', '__Host-fermata_access=;'], ['cookie', '__Host-fermata_access=%'], ['cookie', '=;=;;;'],
  ['cookie', '__Host-fermata_access=%00; __Host-fermata_refresh=%ff'], ['cookie', '\xe9=\xe9'],
  ['cookie', `__Host-fermata_order_${id}=fo_x`], ['cookie', '__Host-fermata_lang=xx; fermata_lang=fr'],
  ['cookie', `a=${'b'.repeat(6_000)}`], ['cookie', '__Host-fermata_device=%7B%7D'],
  ['idempotency-key', ''], ['idempotency-key', 'x'], ['idempotency-key', 'a'.repeat(300)],
  ['idempotency-key', '\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9'], ['idempotency-key', 'same-key-for-all'],
  ['x-request-id', 'a'.repeat(300)], ['x-request-id', '../../x'], ['accept-language', '*;q=x'],
  ['accept-language', 'fr-\xe9,,;q=,'], ['accept-language', 'x'.repeat(3_000)], ['accept', 'image/png'],
  ['x-forwarded-for', 'nobody'], ['x-forwarded-for', '::ffff:1.2.3.4, 999.1.1.1'], ['x-forwarded-for', ''],
  ['x-forwarded-for', ',,,'], ['x-forwarded-for', 'fe80::1%eth0'], ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'gopher'], ['forwarded', 'for="'], ['if-none-match', '*'], ['range', 'bytes=0-'],
  ['if-none-match', '"", W/"x", '], ['if-modified-since', 'yesterday'], ['origin', 'null'],
  ['range', 'bytes=9-1,x'], ['origin', 'https://evil.example'], ['origin', 'http://[::1'], ['host', ''],
  ['origin', ''], ['host', 'evil.example:99999'], ['host', 'a b'], ['host', '[::1'], ['host', '/'],
  ['content-encoding', 'gzip'], ['content-encoding', 'br, gzip'], ['accept-encoding', 'gzip;q=0'],
  ['traceparent', '00-0-0-0'], ['tracestate', '='], ['user-agent', ''], ['user-agent', '\xff'.repeat(900)],
  ['x-http-method-override', 'DELETE'], ['sec-fetch-site', 'cross-site'], ['accept-version', '9.x'],
  ['expect', '100-continue'], ['prefer', 'x'], ['te', 'trailers'], ['content-length', '+1'],
  ['__proto__', 'x'], ['constructor', 'x'], ['dnt', ''], ['sec-websocket-key', 'x'],
]

/** Added to a path or put in the place of one of its parts, as it is, without encoding. */
export const oddPaths: readonly string[] = [
  '/', '//', '/.', '/..', '/%2e%2e', '/%2f', '%2f', '%5c', '\\', '/%00', '%00', '%', '%ff', '%ed%a0%80',
  '%c0%af', '%E0%A4%A', ';a=b', '/;/', '.data', '/_.data', '/index.html', '/%20', '/__proto__', '/-',
  `/${'a'.repeat(300)}`, '/a'.repeat(200), '?', '??', '?a[b]=c', '?__proto__[x]=1', '?%', '?=', '?&&&',
  '?a=%ff', '?a=%00', '?limit=1&limit=2', '?cursor=', '?limit=', '?limit=1e1', '?limit=٣', '?limit=0',
  '?limit=99999999999999999999', '?next=//evil.example', '?next=/%2f', '?next=/%2fevil.example',
  '?next=%5cevil.example', '?next=javascript:alert(1)', '?next=/&next=//x', '?lang=xx', '?lang=fr',
  '?token=', '?token=%00', '?_routes=', '?_routes=root', '?index', `?a=${'b'.repeat(8_000)}`, '#a',
  `?${'a=1&'.repeat(1_500)}`, '?q=%', '?q=%ed%a0%80', '?q=(((', '?from=2027-06-30T23:59:60Z',
  '?to=2027-03-01T10:00:00%2B23:00', '?page=-1', '?step=9', '?tickets[]=1', '?mine=maybe',
]
