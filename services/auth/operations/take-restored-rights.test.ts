import type { DataOf } from '@fermata/contracts/define'
import { loginEnded, rolesChanged } from '@fermata/contracts/auth'
import type { copiesRestored } from '@fermata/contracts/backups'
import type { Role } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { giveRoles, newPerson, published } from '../test/people.ts'
import { takeRestoredRights } from './take-restored-rights.ts'

let it: TestSystem
let ctx: Ctx
beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

type Told = DataOf<typeof copiesRestored>
const tell = (told: Pick<Told, 'roles' | 'passwords'>) => {
  const at = new Date().toISOString()
  const data = { backup_id: uuidv7(), taken_at: at, restored_at: at, account_ids: [],
    order_ids: [], ticket_ids: [], address_digests: [], ...told }
  return ctx.transaction(tx =>
    takeRestoredRights(ctx, tx, [{ id: uuidv7(), data, request_id: null, created_at: at }]))
}
async function somebody (roles: Role[]) {
  const { user: { id } } = await newPerson(it)
  await giveRoles(ctx, id, roles)
  return id
}
const accountOf = async (id: string) => (await ctx.pool.query<
  { roles: Role[], password_hash: string }
>('select roles, password_hash from auth.accounts where id = $1', [id])).rows[0]!
const now = () => new Date().toISOString()

test('takeRestoredRights: an account has what it had then and might last, and never more', async () => {
  const [less, more] = [await somebody(['operator', 'event_creator']), await somebody(['user'])]
  await tell({ roles: [
    { user_id: less, roles: ['operator', 'admin'], changed_at: now() },
    { user_id: more, roles: ['admin'], changed_at: now() },
    { user_id: uuidv7(), roles: ['user'], changed_at: now() },
  ] })
  expect((await accountOf(less)).roles).toEqual(['operator'])
  expect((await accountOf(more)).roles).toEqual(['user'])
  expect(await published(ctx, rolesChanged, less)).toMatchObject([{ roles: ['operator'] }])
  expect(await published(ctx, rolesChanged, more)).toEqual([])
  expect(await published(ctx, loginEnded, less)).toHaveLength(1)
})

test('takeRestoredRights: what was set after the change that is told of stands', async () => {
  const id = await somebody(['operator'])
  await ctx.pool.query(`update auth.accounts set roles_changed_at = '2027-01-02T03:04:05Z',
    password_changed_at = '2027-01-02T03:04:05Z' where id = $1`, [id])
  const before = await accountOf(id)
  for (const changed_at of ['2027-01-02T03:04:05.000Z', '2027-01-02T03:04:04.999Z']) {
    await tell({ roles: [{ user_id: id, roles: ['user'], changed_at }],
      passwords: [{ user_id: id, changed_at }] })
  }
  expect(await accountOf(id)).toEqual(before)
  const changed_at = '2027-01-02T03:04:05.001Z'
  await tell({ roles: [{ user_id: id, roles: ['user'], changed_at }],
    passwords: [{ user_id: id, changed_at }] })
  const after = await accountOf(id)
  expect(after.roles).toEqual(['user'])
  expect(after.password_hash).not.toBe(before.password_hash)
})

test('takeRestoredRights: the last administrator stays one, and loses the rest', async () => {
  const [one, last] = [await somebody(['admin']), await somebody(['admin', 'operator'])]
  await tell({ roles: [one, last].map(user_id =>
    ({ user_id, roles: ['user'], changed_at: now() })) })
  expect((await accountOf(one)).roles).toEqual(['user'])
  expect((await accountOf(last)).roles.toSorted()).toEqual(['admin', 'user'])
})
