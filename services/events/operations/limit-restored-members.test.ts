import * as api from '@fermata/contracts/events'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eventInput } from '../test/event-input.ts'
import { createPeers } from '../test/peers.ts'
import { limitRestoredMembers } from './limit-restored-members.ts'

let it: TestSystem
let ctx: Ctx
beforeAll(async () => {
  it = await startTestSystem([service, ...createPeers().services])
  ctx = it.context<Ctx>('events')
})
afterAll(() => it.stop())

test('limitRestoredMembers: nobody works where they had no place any more, and all are told', async () => {
  const user_id = uuidv7()
  const token = await it.personToken({ user_id, roles: ['event_creator'] })
  const { body: { id } } = await it.send(api.createOrganizer, { token, body: { name: 'Choir' } })
  const { body: { id: event_id } } = await it.send(api.createEvent,
    { token, body: eventInput({ organizer_id: id }) })
  const add = async (name: string, role: 'owner' | 'door', place: string | null = null) =>
    (await it.send(api.addMember, { token, params: { id },
      body: { email: `${name}@example.com`, role, event_id: place } })).body.id
  const at = new Date().toISOString()
  const last = async (
    member: Promise<string>, role: 'owner' | 'door' | null, place: string | null = null
  ) => ({
    organizer_id: id, member_id: await member, role, event_id: place, changed_at: at })
  const members = [
    await last(add('removed', 'owner'), null),
    await last(add('limited', 'owner'), 'door', event_id),
    await last(add('narrowed', 'door'), 'door', event_id),
    await last(add('elsewhere', 'door', event_id), 'door', uuidv7()),
    await last(add('raised', 'door', event_id), 'owner'),
    await last(add('widened', 'door', event_id), 'door'),
    await last(Promise.resolve(uuidv7()), null),
  ]
  const data = { backup_id: uuidv7(), taken_at: at, restored_at: at, account_ids: [],
    order_ids: [], ticket_ids: [], address_digests: [], members }
  const told = async () => (await ctx.pool.query<{ version: number }>(
    'select members_version as version from events.organizers where id = $1', [id])).rows[0]!.version
  const before = await told()
  await ctx.transaction(tx =>
    limitRestoredMembers(ctx, tx, [{ id: uuidv7(), data, request_id: null, created_at: at }]))

  const { body: { items } } = await it.send(api.listMembers, { token, params: { id } })
  expect(items.map(one => [one.email?.split('@')[0], one.role, one.event_id])).toEqual([
    [undefined, 'owner', null], ['limited', 'door', event_id], ['narrowed', 'door', event_id],
    ['raised', 'door', event_id], ['widened', 'door', event_id]])
  expect(await told()).toBe(before + 1)
})
