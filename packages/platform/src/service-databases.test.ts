import type { ServiceName } from '@fermata/contracts/services'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createServiceDatabases, databaseName } from './service-databases.ts'

/** A service's role reaches its own database and nothing else. */

const names: ServiceName[] = ['orders', 'payments']
let urls: Map<ServiceName, string>

async function ask (url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const admin = (text: string, database = 'postgres') => {
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${database}`
  return ask(url.href, text)
}

beforeAll(async () => {
  const passwords = new Map(names.map(name => [name, `password of ${name}`] as const))
  urls = await createServiceDatabases(inject('databaseUrl'), passwords)
  await ask(urls.get('payments')!, 'create schema payments create table secrets (text text)')
})
afterAll(async () => {
  for (const name of names) {
    await admin(`drop database if exists ${databaseName(name)} with (force)`)
    await admin(`drop role if exists ${databaseName(name)}`)
  }
})

test('createServiceDatabases: a role works in its own database', async () => {
  await ask(urls.get('orders')!, 'create schema orders create table orders (id integer)')
  expect(await ask(urls.get('orders')!, 'select * from orders.orders')).toEqual([])
})

test('createServiceDatabases: a role cannot enter another service\'s database', async () => {
  const elsewhere = new URL(urls.get('orders')!)
  for (const database of [databaseName('payments'), 'postgres', 'template1']) {
    elsewhere.pathname = `/${database}`
    await expect(ask(elsewhere.href, 'select 1'), database).rejects.toThrow(/pg_hba|permission/)
  }
})

test('createServiceDatabases: where a server lets everybody knock, rights refuse all the same', async () => {
  const [right] = await admin(
    `select has_database_privilege('fermata_orders', 'fermata_payments', 'connect') as connect,
            has_database_privilege('fermata_orders', 'fermata_payments', 'create') as create`)
  expect(right).toEqual({ connect: false, create: false })
  await expect(admin('set role fermata_orders; select * from payments.secrets',
    databaseName('payments'))).rejects.toThrow('permission denied')
})

test('createServiceDatabases: a role can do nothing to the server', async () => {
  const [role] = await admin(`select rolsuper, rolcreaterole, rolcreatedb, rolreplication,
    rolbypassrls from pg_roles where rolname = 'fermata_orders'`)
  expect(Object.values(role!)).toEqual([false, false, false, false, false])
  await expect(ask(urls.get('orders')!, 'create database other')).rejects.toThrow('permission')
  await expect(ask(urls.get('orders')!, 'set role fermata_payments')).rejects.toThrow('permission')
})

test('createServiceDatabases: done again it keeps the data and takes new passwords', async () => {
  const again = await createServiceDatabases(
    inject('databaseUrl'), new Map([['payments', 'another password']]))

  expect(await ask(again.get('payments')!, 'select * from payments.secrets')).toEqual([])
  await expect(ask(urls.get('payments')!, 'select 1')).rejects.toThrow('password')
})
