import { isRouteErrorResponse } from 'react-router'
import { expect, test } from 'vitest'
import { refuseWhatIsNoForm } from './form-body.server.ts'
import { safePath } from './answers.server.ts'

async function statusOf (type: string | null, body: BodyInit): Promise<number> {
  const request = new Request('http://localhost/sign-in', {
    method: 'POST', body, headers: type === null ? {} : { 'content-type': type } })
  if (type === null) request.headers.delete('content-type')
  try {
    await refuseWhatIsNoForm(request)
    await request.formData()
    return 200
  } catch (error) {
    const thrown = error as { init?: { status?: number } }
    return isRouteErrorResponse(error) ? error.status : thrown.init?.status ?? 500
  }
}

const multipart = 'multipart/form-data; boundary=edge'
const part = '--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'

test.each([
  ['a form', 200, 'application/x-www-form-urlencoded', 'a=1'],
  ['a form of parts', 200, multipart, `${part}--edge--\r\n`],
  ['a form that says nothing', 200, 'application/x-www-form-urlencoded', ''],
  ['a form with broken escapes', 200, 'application/x-www-form-urlencoded;charset=UTF-8', 'a=%E0%A4%A&%'],
  ['JSON', 415, 'application/json', '{"a":1}'], ['plain text', 415, 'text/plain', 'a=1'],
  ['bytes', 415, 'application/octet-stream', 'a'], ['no type', 415, null, 'a=1'], ['no such type', 415, ';', 'a=1'],
  ['parts without a boundary', 400, 'multipart/form-data', `${part}--edge--\r\n`],
  ['parts with an empty boundary', 400, 'multipart/form-data; boundary=', `${part}--edge--\r\n`],
  ['parts of another boundary', 400, 'multipart/form-data; boundary=other', `${part}--edge--\r\n`],
  ['parts that end too soon', 400, multipart, part], ['parts without a name', 400, multipart, '--edge\r\n\r\n\r\n--edge--\r\n'],
  ['no parts', 400, multipart, 'a=1'],
])('a page is sent %s: %i', async (_, status, type, body) => {
  expect(await statusOf(type, body)).toBe(status)
})

test.each([
  ['/account/tickets', '/account/tickets'], ['/events/x?lang=fr#tickets', '/events/x?lang=fr#tickets'],
  ['/events/%C3%A9t%C3%A9', '/events/%C3%A9t%C3%A9'],
  ['//example.org', '/'], ['/\\example.org', '/'], ['/%2fexample.org', '/'], ['/%2f', '/'], ['/%5cexample.org', '/'],
  ['/%252f%252fexample.org', '/'], ['/.//example.org', '/'], ['/x/..//example.org', '/'], ['/%2e%2e//example.org', '/'],
  ['/%E0%A4%A', '/'], ['/a\tb', '/'], ['/a b', '/'], ['/日本', '/'], ['/%00', '/'], ['/%0d%0aset-cookie:a', '/'],
  ['https://example.org', '/'], ['javascript:alert(1)', '/'], ['example.org', '/'], ['', '/'], [`/${'a'.repeat(1000)}`, '/'],
])('safePath: %s leads to %s', (text, path) => {
  expect(safePath(text)).toBe(path)
})
