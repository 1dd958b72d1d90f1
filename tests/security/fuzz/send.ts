import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'

/** One request, as it goes over the wire. */
export interface Wire {
  method: string
  path: string
  headers: [string, string][]
  body: string | null
  /** Bytes that are sent instead of all that. */
  raw: string | null
}

/** Null: the connection ended without one, which is an answer to what is no request. */
export interface Received {
  status: number
  headers: Record<string, string>
  body: Buffer
}

const answer_within_ms = 30_000
/** Stands for none in that time: a failure like any other. */
const no_answer = 599
const raw_within_ms = 1_500

export interface Sender {
  send: (wire: Wire) => Promise<Received | null>
  close: () => void
}

export function createSender (port: number, sockets: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets })
  return {
    send: wire => wire.raw === null
      ? sendUsual(wire, port, agent) : sendRaw(Buffer.from(wire.raw, 'latin1'), port),
    close: () => agent.destroy(),
  }
}

/** As a library sends it; what a library refuses to send is written to a socket. */
function sendUsual (wire: Wire, port: number, agent: Agent): Promise<Received | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Received | null>()
  const sending = open(wire, port, agent)
  if (sending === null) return sendRaw(bytesOf(wire), port)
  sending.setTimeout(answer_within_ms, () => {
    resolve({ status: no_answer, headers: {}, body: Buffer.from('no answer') })
    sending.destroy()
  })
  sending.on('response', response => {
    const parts: Buffer[] = []
    const answered = () => resolve({
      status: response.statusCode!, body: Buffer.concat(parts),
      headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) =>
        [name, String(value)])),
    })
    response.on('data', (part: Buffer) => {
      parts.push(part)
      // A service holds still for as long as this is read: to read on would be to measure a clock.
      if (!part.includes('{"held":true')) return
      answered()
      sending.destroy()
    })
    response.on('error', reject)
    response.on('end', answered)
  })
  // Refused before all was sent: the answer may be lost with the connection.
  sending.on('error', (error: NodeJS.ErrnoException) =>
    /^(ECONNRESET|EPIPE|HPE_.*)$/.test(error.code ?? '') ? resolve(null) : reject(error))
  sending.end(wire.body === null ? undefined : Buffer.from(wire.body))
  return promise
}

function open ({ method, path, headers, body }: Wire, port: number, agent: Agent) {
  // Without a length Node announces a body of pieces.
  const length: [string, string][] = body === null && /^(GET|HEAD)$/.test(method) ? []
    : [['content-length', String(Buffer.byteLength(body ?? ''))]]
  try {
    return httpRequest({
      host: '127.0.0.1', port, agent, method, path, setHost: false,
      headers: [...headers, ...length].flat(),
    })
  } catch {
    return null
  }
}

function bytesOf ({ method, path, headers, body }: Wire): Buffer {
  const text = [`${method} ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === null ? [] : [`content-length: ${Buffer.byteLength(body)}`]), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(body ?? '')])
}

/** Writes bytes, ends, and takes the first answer. */
function sendRaw (bytes: Buffer, port: number): Promise<Received | null> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: false })
    const parts: Buffer[] = []
    const timer = setTimeout(() => socket.destroy(), raw_within_ms)
    socket.on('data', part => {
      parts.push(part)
      // A connection that stays open would be waited for.
      if (isWhole(Buffer.concat(parts))) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(parse(Buffer.concat(parts)))
    })
    socket.write(bytes)
  })
}

/** The first answer that is one: `100 Continue` before it is none, nor is what follows it. */
function parse (bytes: Buffer): Received | null {
  const head_end = bytes.indexOf('\r\n\r\n')
  if (head_end < 0) return null
  const [first, ...lines] = bytes.subarray(0, head_end).toString('latin1').split('\r\n')
  const status = Number(first!.split(' ')[1])
  const rest = bytes.subarray(head_end + 4)
  if (status < 200 && status !== 101) return parse(rest)
  const headers = Object.fromEntries(lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }))
  const length = headers['content-length']
  return { status, headers, body: length === undefined ? rest : rest.subarray(0, Number(length)) }
}

function isWhole (bytes: Buffer): boolean {
  const { headers, body } = parse(bytes) ?? {}
  return headers !== undefined && body!.length >= Number(headers['content-length'] ?? Infinity)
}
