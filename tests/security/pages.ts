import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { allServices } from '@fermata/server/services'
import { createIsHere } from '@fermata/platform/this-machine'
import { registerWeb } from '@fermata/server/web'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import Fastify from 'fastify'
import { buildWebWhenStale } from '../../tools/build-web.ts'

/** What is read of an entry of routes.ts. */
interface RouteEntry { file: string, path?: string, children?: RouteEntry[] }

/** All services and their pages in a test's own process. */
export interface Pages {
  it: TestSystem
  /** Where requests are sent, whatever the site is called. */
  url: string
  /** Opens a page as a browser does that follows no redirect. */
  open: (path: string, init?: RequestInit) => Promise<Response>
  stop: () => Promise<void>
}

/** @param public_url what people type; HTTPS ends before it reaches the test */
export async function startPages (
  public_url: string, environment: Record<string, string> = {}
): Promise<Pages> {
  await buildWebWhenStale()
  const it = await startTestSystem(Object.values(allServices),
    { PUBLIC_URL: public_url, ...environment })
  await it.system.app.listen({ host: '127.0.0.1', port: 0 })
  const api_url = `http://127.0.0.1:${(it.system.app.server.address() as AddressInfo).port}`
  const app = Fastify()
  await registerWeb(app, { api_url, public_origin: public_url, isHere: createIsHere('') })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    it, url,
    open: (path, init) => fetch(url + path, { redirect: 'manual', ...init }),
    async stop () {
      await app.close()
      await it.stop()
    },
  }
}

const app_folder = new URL('../../apps/web/app/', import.meta.url)

/** Every entry of routes.ts that has an address, as its pattern, and its file. */
export async function listPatterns (): Promise<{ file: string, path: string }[]> {
  const { default: routes } =
    await import(fileURLToPath(new URL('routes.ts', app_folder))) as { default: RouteEntry[] }
  const list = (entries: RouteEntry[], above: string): { file: string, path: string }[] =>
    entries.flatMap(({ file, path = '', children = [] }) => {
      const full = [above, path].filter(Boolean).join('/')
      return [{ file, path: `/${full}` }, ...list(children, full)]
    })
  return list(routes, '')
}

/** The address of every page, with parameters that fit and mean nothing, and its source. */
export async function listPages (): Promise<{ file: string, path: string, source: string }[]> {
  const id = '0198f3c0-0000-7000-8000-000000000001'
  return (await listPatterns()).map(({ file, path }) => ({
    file, path: path.replaceAll(/:\w+/g, id).replace('*', 'nothing-here'),
    source: readFileSync(new URL(file, app_folder), 'utf8'),
  }))
}
