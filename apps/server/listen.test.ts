import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { choosePort } from './listen.ts'

const taken = async () => {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

test('choosePort: a port that was asked for and is taken stops the start', async () => {
  const { port, close } = await taken()
  await expect(choosePort('127.0.0.1', port, 8000)).rejects.toThrow(`Port ${port} is in use`)
  close()
})

test('choosePort: a usual port that is taken gives way to another', async () => {
  const { port, close } = await taken()
  const chosen = await choosePort('127.0.0.1', undefined, port)
  expect(chosen).toMatchObject({ moved: true })
  expect(chosen.port).not.toBe(port)
  close()
})

test('choosePort: an address of another machine is named with the setting to correct', async () => {
  await expect(choosePort('192.0.2.1', 0, 8000)).rejects.toThrow(/192\.0\.2\.1 .*HOST/)
})
