import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface DatabaseGate {
  url: string
  /** Takes the database away: refuses connections and breaks those there are. */
  close: () => Promise<void>
  open: () => Promise<void>
}

/** Lets everything pass, both ways. */
const pipe = (inner: Socket, outer: Socket) => { inner.pipe(outer).pipe(inner) }

/**
 * A server between us and PostgreSQL that can be taken away.
 * @param join what passes between a client's connection and the server's; by default everything
 */
export async function startDatabaseGate (
  database_url: string, join: (inner: Socket, outer: Socket) => void = pipe
): Promise<DatabaseGate> {
  const url = new URL(database_url)
  const socket_folder = url.searchParams.get('host')
  const target = socket_folder
    ? { path: `${socket_folder}/.s.PGSQL.${url.searchParams.get('port') ?? (url.port || '5432')}` }
    : { host: url.hostname, port: Number(url.port || 5432) }
  const sockets = new Set<Socket>()
  const server: Server = createServer(inner => {
    const outer = connect(target as never)
    for (const socket of [inner, outer]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => {
        inner.destroy()
        outer.destroy()
      })
    }
    join(inner, outer)
  })
  const listen = (port: number) =>
    new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  await listen(0)
  const { port } = server.address() as AddressInfo
  url.searchParams.delete('host')
  url.searchParams.delete('port')
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    open: () => listen(port),
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    }),
  }
}
