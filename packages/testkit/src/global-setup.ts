import type { TestProject } from 'vitest/node'
import { testServer } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext { databaseUrl: string }
}

/**
 * Starts the one PostgreSQL of a test run and hands its address to every test:
 * `FERMATA_TEST_DATABASE_URL`, or `inject('databaseUrl')`. An address that is set already is used
 * as it is, and nothing is started. vitest looks for a default export here, which the house has
 * nowhere else but in service.ts.
 */
export default async function globalSetup (
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.FERMATA_TEST_DATABASE_URL
  if (given) {
    project.provide('databaseUrl', given)
    return undefined
  }
  const server = await testServer()
  process.env.FERMATA_TEST_DATABASE_URL = server.url
  project.provide('databaseUrl', server.url)
  return async () => {
    delete process.env.FERMATA_TEST_DATABASE_URL
    await server.stop()
  }
}
