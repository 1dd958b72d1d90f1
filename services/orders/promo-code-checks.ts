import type { PromoCode } from '@fermata/contracts/orders'
import type { Db } from '@fermata/platform/database'
import { listTypes } from './queries/stock.ts'
import { invalidField } from './ticket-type-checks.ts'

type Checked = Pick<PromoCode, 'event_id' | 'percent' | 'amount_minor' | 'ticket_type_ids' |
  'valid_from' | 'valid_until'>

/**
 * @param known_type_ids types that the code was for already; they may have been removed since
 * @throws Problem `request/invalid` for a code that could never make anything cheaper
 */
export async function checkPromoCode (
  db: Db, code: Checked, known_type_ids: readonly string[] = []
): Promise<void> {
  const { percent, amount_minor, valid_from, valid_until, ticket_type_ids } = code
  if ((percent === null) === (amount_minor === null)) {
    throw invalidField('percent', 'or amount_minor must be given, and not both')
  }
  if (valid_from !== null && valid_until !== null &&
    Date.parse(valid_until) <= Date.parse(valid_from)) {
    throw invalidField('valid_until', 'is not after valid_from')
  }
  if (ticket_type_ids.length === 0) return
  const known = new Set(
    [...known_type_ids, ...(await listTypes(db, code.event_id)).map(type => type.id)])
  if (ticket_type_ids.some(id => !known.has(id))) {
    throw invalidField('ticket_type_ids', 'names a type that this event does not have')
  }
}
