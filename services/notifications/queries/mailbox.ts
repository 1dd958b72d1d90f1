import type { MailSummary } from '@fermata/contracts/notifications'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface KeptMail extends MailSummary {
  from: string
  /** Its words and attachments; `kept-mails.ts` opens them. */
  sealed: Buffer
}

export const insertMail = (tx: Tx, mail: Omit<KeptMail, 'sent_at'>) => sql`
  insert into notifications.mailbox
         (id, from_address, to_address, subject, sealed, attachment_count)
  values (${mail.id}, ${mail.from}, ${mail.to}, ${mail.subject}, ${mail.sealed},
          ${mail.attachment_count})
  on conflict (id) do nothing`.run(tx)

/** A development mailbox that nobody empties keeps its newest mails. */
export const trimMails = (db: Db, keep: number) => sql`
  delete from notifications.mailbox where id in (
    select id from notifications.mailbox order by sent_at desc, id desc offset ${keep})`.run(db)

export const findMail = (db: Db, id: string) => sql<KeptMail>`
  select id, from_address as "from", to_address as "to", subject, sealed, sent_at, attachment_count
    from notifications.mailbox where id = ${id}`.first(db)

export interface MailFilter {
  to?: string
  after: { sent_at: string, id: string } | null
  limit: number
}

/** Cursors carry milliseconds, so the order has to be by these. */
export const listMails = (db: Db, { to, after, limit }: MailFilter) =>
  sql<MailSummary>`
    select id, to_address as "to", subject, sent_at, attachment_count
      from notifications.mailbox
     where (${to ?? null}::text is null or lower(to_address) = lower(${to ?? null}))
       and (${after?.id ?? null}::uuid is null or (date_trunc('milliseconds', sent_at), id)
             < (${after?.sent_at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
     order by date_trunc('milliseconds', sent_at) desc, id desc limit ${limit}`.rows(db)
