import { OrderSignature } from '@fermata/platform/platform-settings'
import { Type, type Static } from 'typebox'

export const TicketSettings = Type.Object({
  ...OrderSignature.properties,
  TICKET_SIGNATURE: Type.String({
    secret: true,
    minLength: 32,
    description: 'the secret from which the keys that sign ticket codes are derived, one for each ' +
      'event; 32 characters or more. With another one, events get new keys, and tickets sold ' +
      'before are still good',
  }),
})
export type TicketSettings = Static<typeof TicketSettings>
