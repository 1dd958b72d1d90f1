import { createServer } from 'node:net'

/**
 * Where we look when 8000 is taken and nobody asked for a port: numbers people know, then any free
 * one.
 */
const other_ports = [8080, 8888, 3000, 0]

/** The port to listen on. @throws when the one that was asked for is taken */
export async function choosePort (
  host: string,
  asked: number | undefined,
  usual: number,
): Promise<{ port: number, moved: boolean }> {
  if (asked !== undefined) {
    const port = await freePort(host, asked)
    if (port === null)
      throw new Error(
        `Port ${asked} is in use. Stop the program that listens there, or set PORT to another number.`,
      )
    return { port, moved: false }
  }
  for (const candidate of [usual, ...other_ports]) {
    const port = await freePort(host, candidate)
    if (port !== null) return { port, moved: port !== usual }
  }
  throw new Error('No free port was found. Set PORT to one that is free.')
}

function freePort (host: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null)
      else reject(new Error(
        `Nothing can listen on ${host} (${error.code}): set HOST to an address of this machine, such as 127.0.0.1.`, { cause: error }))
    })
    probe.listen({ host, port }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
