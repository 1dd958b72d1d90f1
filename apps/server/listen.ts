import { connect, createServer } from 'node:net'

/**
 * Where we look when 8000 is taken and nobody asked for a port: numbers people know, then any free
 * one.
 */
const other_ports = [8080, 8888, 3000, 0]
/** An address of this machine answers at once; of another, that is for `listen` to find out. */
const look_for_ms = 500

/** The port to listen on. @throws when somebody listens on the one that was asked for */
export async function choosePort (
  host: string,
  asked: number | undefined,
  usual: number,
): Promise<{ port: number, moved: boolean }> {
  if (asked) {
    // A look by listening there would let in, and then lose, whoever knocks at that moment: nginx
    // does, where a process is replaced.
    if (await isAnswered(host, asked)) throw whyNot('EADDRINUSE', host, asked)
    return { port: asked, moved: false }
  }
  for (const candidate of asked === 0 ? [0] : [usual, ...other_ports]) {
    const port = await freePort(host, candidate)
    if (port !== null) return { port, moved: port !== usual }
  }
  throw new Error('No free port was found. Set PORT to one that is free.')
}

/** What the operator can do about a port on which we may not listen. */
export function whyNot (
  code: string | undefined, host: string, port: number, cause?: unknown
): Error {
  return new Error(
    code === 'EADDRINUSE'
      ? `Port ${port} is in use. Stop the program that listens there, or set PORT to another number.`
      : code === 'EACCES'
        ? `Port ${port} is not for everybody on this machine. Set PORT to another number, such as 8000.`
        : `Nothing can listen on ${host} (${code}): set HOST to an address of this machine, such as 127.0.0.1.`,
    { cause })
}

function isAnswered (host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect({ host, port })
    const end = (answered: boolean) => {
      probe.destroy()
      resolve(answered)
    }
    probe.setTimeout(look_for_ms, () => end(false))
      .once('connect', () => end(true))
      .once('error', () => end(false))
  })
}

function freePort (host: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null)
      else reject(whyNot(error.code, host, port, error))
    })
    probe.listen({ host, port }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
