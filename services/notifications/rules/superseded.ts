/** Why a mail is not sent any more though nothing failed; kept as what became of it. */
export const link_ended = 'Its link has ended.'
export const tickets_not_valid = 'Its tickets are not valid any more.'

export const superseded: readonly string[] = [link_ended, tickets_not_valid]
