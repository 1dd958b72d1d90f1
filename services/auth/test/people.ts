import { makeLink, register, type Session } from '@fermata/contracts/auth'
import type { EventDefinition, DataOf } from '@fermata/contracts/define'
import type { Role } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import type { TestSystem } from '@fermata/testkit/start'
import type { Ctx } from '../context.ts'

export const good_password = 'correct horse battery'

/** Somebody who has just registered, with an address of their own. */
export async function newPerson (
  it: TestSystem,
  fields: { email?: string, username?: string, headers?: Record<string, string> } = {},
): Promise<Session> {
  const { headers, email = `${uuidv7()}@example.com`, username = 'Ann Example' } = fields
  const answer = await it.send(register, {
    body: { email, username, password: good_password }, ...(headers && { headers }),
  })
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.problem))
  return answer.body
}

/** Gives roles past the API, which would end the login. */
export async function giveRoles (ctx: Ctx, user_id: string, roles: Role[]): Promise<void> {
  await ctx.pool.query('update auth.accounts set roles = $2 where id = $1', [user_id, roles])
}

/** What was published of a kind about a person, oldest first. */
export async function published<E extends EventDefinition> (
  ctx: Ctx, event: E, user_id: string,
): Promise<DataOf<E>[]> {
  const { rows } = await ctx.pool.query<{ data: DataOf<E> }>(
    'select data from auth.outbox_events where type = $1 and data->>\'user_id\' = $2 order by id',
    [event.type, user_id])
  return rows.map(row => row.data)
}

/** The token of the link that the newest event of a kind stands for, made as for its mail. */
export async function mailedToken<E extends EventDefinition> (
  it: TestSystem, event: E, user_id: string,
): Promise<string> {
  const id = await it.eventually(async () => {
    const events = await published(it.context<Ctx>('auth'), event, user_id)
    return (events.at(-1) as { link_id?: string } | undefined)?.link_id
  }, 'a link')
  const answer = await it.send(makeLink, {
    params: { id }, token: await it.serviceToken('auth', 'notifications'),
  })
  return answer.body.token
}

/** Lets a minute pass between two mails to an address. */
export const endPauses = (ctx: Ctx) => ctx.pool.query('delete from auth.mail_pauses')

export async function countRows (ctx: Ctx, table: string, where: string): Promise<number> {
  const { rows } = await ctx.pool.query<{ count: number }>(
    `select count(*) as count from auth.${table} where ${where}`)
  return rows[0]!.count
}
