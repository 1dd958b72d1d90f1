import { personalDataRoute, type PersonalRecords } from '@fermata/contracts/platform'
import { serviceNames } from '@fermata/contracts/services'
import type { Ctx } from './context.ts'

/** Who is asked for: an account, an address of which no account is proven, or both. */
export interface Subject { user_id: string | null, address: string | null }

/**
 * What every service keeps about somebody. Complete or not at all: an answer without what one of
 * them keeps would be taken for all there is.
 * @throws Problem `request/unavailable` when one does not answer
 */
export async function collectRecords (
  ctx: Ctx, subject: Subject, request_id: string,
): Promise<PersonalRecords[]> {
  const keepers = serviceNames.filter(name => name !== 'gateway')
  const answers = await Promise.all(keepers.map(name =>
    ctx.call(personalDataRoute(name), { body: subject, request_id })))
  return answers.flatMap(answer => answer.records)
}
