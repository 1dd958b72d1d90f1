import * as api from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import type { TicketRow } from './queries/tickets.ts'
import type { Refusal } from './rules/admission.ts'

/** When, where and by whom it was admitted; nulls when it was not. */
export const admissionOf = ({ admitted_at, gate, admitted_by }: TicketRow) =>
  ({ admitted_at, gate, admitted_by })

/** @throws Problem `tickets/void` */
export function refuseVoid ({ status, voided_at }: TicketRow): void {
  if (status === 'void') throw new Problem(api.ticketVoid, undefined, { extensions: { voided_at } })
}

/** The problem that tells staff what to tell the visitor. */
export function refusalProblem (row: TicketRow, refusal: Refusal): Problem {
  switch (refusal) {
    case 'wrong_event':
      return new Problem(api.wrongEvent, `This ticket is for ${row.event.title}.`, {
        extensions: {
          event_id: row.event_id, event_title: row.event.title, starts_at: row.event.starts_at,
        },
      })
    case 'event_canceled':
      return new Problem(api.eventCanceledProblem, `${row.event.title} was canceled.`)
    case 'already_admitted':
      return new Problem(api.alreadyAdmitted, undefined, { extensions: admissionOf(row) })
    case 'void':
      return new Problem(api.ticketVoid, undefined, { extensions: { voided_at: row.voided_at } })
  }
}
