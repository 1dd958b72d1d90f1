import {
  healthRoute, listDeadLettersRoute, madeSinceRoute, personalDataRoute, readyRoute,
  retryDeadLetterRoute, type DeadLetter,
} from '@fermata/contracts/platform'
import { max_attempts } from './consumer.ts'
import { copyRoutes } from './copy-routes.ts'
import type { Redeliver } from './dead-letters.ts'
import { couldNotWrite } from './database.ts'
import { firstIdAt } from './ids.ts'
import { listDeadLetters, type DeadLetterRow } from './message-queries.ts'
import { pageOf, readCursor } from './paging.ts'
import { collectRecords, type PersonalDataMap } from './personal-data.ts'
import { requestIdOf } from './tracing.ts'
import { signsOf } from './signs.ts'
import {
  reply, route, type BoundRoute, type Context, type Operation, type ServiceDefinition,
} from './service.ts'
import { sql } from './sql.ts'

/** A check that takes longer counts as failed. */
const check_timeout_ms = 1000

export interface Lifecycle {
  version: string
  /** False before migrations are done and from the moment a stop is asked for. */
  accepting: () => boolean
  /** False while events cannot travel: told, but no reason to send buyers away. */
  bus_carries: () => boolean
  /** Of the role that may replace tables. */
  owner_url: string
}

const keeps_nothing: PersonalDataMap = { tables: {}, impersonal: {} }

/** The routes every service answers: its health and its dead letters. */
export function platformRoutes (
  definition: ServiceDefinition, lifecycle: Lifecycle
): BoundRoute<Context>[] {
  const { name, personal_data = keeps_nothing } = definition
  const health = healthRoute(name)
  const getHealth: Operation<typeof health, Context> = async () =>
    ({ status: 'ok', service: name, version: lifecycle.version })

  const ready = readyRoute(name)
  const getReadiness: Operation<typeof ready, Context> = async ctx => {
    const database = !couldNotWrite() && await answersInTime(sql`select 1`.run(ctx.db))
    const migrations = lifecycle.accepting()
    const is_ready = database && migrations
    return reply(
      {
        ready: is_ready, service: name,
        checks: { database, bus: lifecycle.bus_carries(), migrations },
      },
      { status: is_ready ? 200 : 503 }
    )
  }

  const list = listDeadLettersRoute(name)
  const listLetters: Operation<typeof list, Context> = async (ctx, { query }) => {
    const limit = query.limit ?? 20
    const after = readCursor<{ id: string }>(query.cursor, ['id'])
    const rows = await listDeadLetters(ctx.db, name, limit + 1, after?.id ?? null)
    return pageOf(rows, limit, ({ id }) => ({ id }), present)
  }

  const retry = retryDeadLetterRoute(name)
  const retryDeadLetter: Operation<typeof retry, Context> = async (ctx, { params }) => {
    const { letter, retried } = await (
      ctx as Context & { redeliver: Redeliver }
    ).redeliver(params.id)
    return { ...present(letter), retried_at: retried ? new Date().toISOString() : null }
  }

  const asking = personalDataRoute(name)
  const findPersonalData: Operation<typeof asking, Context> = async (ctx, { body }) => ({
    records: await collectRecords(ctx.db, name, personal_data, {
      user_ids: body.user_id === null ? [] : [body.user_id],
      addresses: body.address === null ? [] : [body.address],
    }),
  })

  const losing = madeSinceRoute(name)
  const tellMade: Operation<typeof losing, Context> = async (ctx, { body }) => {
    const first_id = firstIdAt(Date.parse(body.since))
    return { made: definition.madeSince ? [await definition.madeSince(ctx.db, first_id)] : [] }
  }

  return [
    route(asking, findPersonalData), route(losing, tellMade),
    route(health, getHealth), route(ready, getReadiness), route(list, listLetters),
    route(retry, retryDeadLetter), signsOf(name), ...copyRoutes(definition, lifecycle.owner_url),
  ]
}

function present (row: DeadLetterRow): DeadLetter {
  return { id: row.id, event_id: row.event_id, event_type: row.type, handler: row.handler,
    data: row.data,
    attempts: max_attempts, error: row.error, added_at: row.created_at,
    request_id: row.request_id && requestIdOf(row.request_id),
    retried_at: null }
}

async function answersInTime (work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(
    resolve => { timer = setTimeout(() => resolve(false), check_timeout_ms) }
  )
  try {
    return await Promise.race([work.then(() => true, () => false), late])
  } finally {
    clearTimeout(timer)
  }
}
