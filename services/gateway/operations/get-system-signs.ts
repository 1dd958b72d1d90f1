import type * as api from '@fermata/contracts/gateway'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import {
  signNames, signsRoute, watched, type Sign, type SystemSigns, type WatchedMetric,
} from '@fermata/contracts/signs'
import { inTime } from '@fermata/platform/deadline'
import type { Ctx, Operation } from '../context.ts'

/** A little longer than a service waits for a figure that its database does not tell. */
const answer_within_ms = 2500

/** What all services tell; of what one process tells for several of them, the largest. */
export const getSystemSigns: Operation<typeof api.getSystemSigns> = async ctx => {
  const told = await Promise.all(serviceNames.map(async name =>
    ({ name, signs: await ask(ctx, name) })))
  const unanswered = told.filter(({ name, signs }) => signs === null || isIncomplete(name, signs))
    .map(({ name }) => name)
  return { signs: summarize(told.flatMap(({ signs }) => signs ?? [])), unanswered }
}

const ask = async (ctx: Pick<Ctx, 'call'>, name: ServiceName): Promise<Sign[] | null> =>
  inTime(ctx.call(signsRoute(name), {}), answer_within_ms).then(({ signs }) => signs, () => null)

/** Its database did not say in time what it alone knows. */
const isIncomplete = (service: ServiceName, signs: readonly Sign[]) =>
  Object.entries<WatchedMetric>(watched).some(([name, by]) =>
    by.service === service && signs.every(sign => sign.name !== name))

/** One line for each name, and one more for each further service in which it is too much. */
function summarize (signs: readonly Sign[]): SystemSigns['signs'] {
  const by_weight = signs.toSorted((a, b) => b.value / (b.most || 1) - a.value / (a.most || 1))
  const seen = new Set<string>()
  const shown = by_weight.filter(({ name, value, most }) => {
    const is_first = !seen.has(name)
    seen.add(name)
    return is_first || (value > most && name !== 'log_lines_dropped')
  })
  return shown.toSorted((a, b) => Number(b.value > b.most) - Number(a.value > a.most) ||
    signNames.indexOf(a.name) - signNames.indexOf(b.name))
}
