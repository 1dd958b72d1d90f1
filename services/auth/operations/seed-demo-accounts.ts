import { userRegistered, type Account } from '@fermata/contracts/auth'
import type { Role } from '@fermata/contracts/fields'
import type { Ctx } from '../context.ts'
import { findProvenAccounts, findAccountsById, insertAccount } from '../queries/accounts.ts'
import { presentAccount } from '../sessions.ts'

/** Fixed, so that other demo data can belong to these people before anybody looks them up. */
export const demo_account_ids = {
  admin: '019b0000-0000-7000-8000-00000000000a',
  event_creator: '019b0000-0000-7000-8000-00000000000b',
  operator: '019b0000-0000-7000-8000-00000000000c',
  user: '019b0000-0000-7000-8000-00000000000d',
} as const satisfies Record<Role, string>

/** Known to everybody who read the documentation, which is why production refuses them. */
const demo_password = 'password'

const demoAccounts: { role: Role, email: string, username: string }[] = [
  { role: 'admin', email: 'admin@example.com', username: 'Alba Example' },
  { role: 'event_creator', email: 'eventcreator@example.com', username: 'Emil Example' },
  { role: 'operator', email: 'operator@example.com', username: 'Oona Example' },
  { role: 'user', email: 'user@example.com', username: 'Uma Example' },
]

/**
 * Creates the four demo accounts where they are missing, and returns them. Whoever has proven one
 * of the addresses keeps it.
 * @throws Error in production, where a password that everybody knows is an open door
 */
export async function seedDemoAccounts (ctx: Ctx): Promise<Account[]> {
  if (ctx.settings.NODE_ENV === 'production') {
    throw new Error('Demo accounts are not for production: unset FERMATA_DEMO.')
  }
  const emails = demoAccounts.map(account => account.email)
  const known = await findProvenAccounts(ctx.db, emails)
  if (known.length === emails.length) return known.map(presentAccount)
  const password_hash = await ctx.resources.passwords.hash(demo_password)
  await ctx.transaction(async tx => {
    for (const { role, email, username } of demoAccounts) {
      const account = await insertAccount(tx, {
        id: demo_account_ids[role], email, username, password_hash, roles: [role], locale: 'en',
        is_verified: true,
      })
      if (account) await ctx.publish(tx, userRegistered, [{
        user_id: account.id, email, username, locale: account.locale, roles: account.roles,
        registered_at: account.created_at, email_verified: true,
      }])
    }
  })
  return (await findProvenAccounts(ctx.db, emails)).map(presentAccount)
}

/**
 * A folder in which the demo ran has an administrator whose password everybody knows.
 * @throws Error in production, naming the accounts to delete first
 */
export async function refuseDemoAccounts (ctx: Ctx): Promise<void> {
  if (ctx.settings.NODE_ENV !== 'production') return
  const left = await findAccountsById(ctx.db, Object.values(demo_account_ids))
  if (left.length === 0) return
  throw new Error(`The demo accounts are still here (${left.map(one => one.email).join(', ')}): ` +
    'anybody can sign in with their public password. Begin with an empty FERMATA_DATA, or delete ' +
    'them in the demo first.')
}
