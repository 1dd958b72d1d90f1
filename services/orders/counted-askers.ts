import { createHmac, createSecretKey, hash } from 'node:crypto'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import { siteOf } from '@fermata/platform/network'
import { deriveKey, secretsIn } from '@fermata/platform/tokens'
import { network_bytes } from './queue-draw.ts'
import type { Asker } from './rules/stock.ts'

/** 64 bits: among a million people of one event two share a key in one of ten million events. */
const key_digits = 16
/** Addresses whose hash is kept: it costs microseconds, and a rush comes from few at a time. */
const max_remembered = 10_000

const keyOf = (text: string) => hash('sha256', text, 'hex').slice(0, key_digits)

/** The orders of one mailbox, however its address was written, have this in common. */
export const mailboxKey = (email: string) => mailboxKeyOf(mailboxOf(email))
/** @param mailbox as `mailboxOf` spells it */
export const mailboxKeyOf = (mailbox: string) => keyOf(`mailbox ${mailbox}`)
export const visitorKey = (secret: string) => keyOf(`visitor ${secret}`)
export const accountKey = (user_id: string) => keyOf(`account ${user_id}`)

/** @param counted what is counted, and of which event */
export type NetworkKeys = (counted: string, address: string) => string

/**
 * Names networks without telling addresses: nobody without the secret can try all addresses to find
 * whose hash it is, and one event's names say nothing about another's.
 */
export function createNetworkKeys (secrets: string): NetworkKeys {
  const key = createSecretKey(deriveKey(secretsIn(secrets)[0]!, 'networks'))
  const of_counted = new Map<string, Map<string, string>>()
  let remembered = 0
  function remember (counted: string, address: string, made: string): void {
    if (remembered >= max_remembered) {
      of_counted.clear()
      remembered = 0
    }
    remembered++
    const known = of_counted.get(counted)
    if (known) known.set(address, made)
    else of_counted.set(counted, new Map([[address, made]]))
  }
  return (counted, address) => {
    const known = of_counted.get(counted)?.get(address)
    if (known !== undefined) return known
    const made = createHmac('sha256', key).update(`${counted} ${siteOf(address)}`)
      .digest('hex').slice(0, key_digits)
    remember(counted, address, made)
    return made
  }
}

/** 48 bits of a name that says nothing of the one under which the same network holds tickets. */
export const lineNetwork = (key: NetworkKeys, event_id: string, address: string) =>
  Buffer.from(key(`line ${event_id}`, address), 'hex').readUIntBE(0, network_bytes)

/** What regulars are known by. */
export function keysOf ({ mailbox, visitor, user_id }: Asker): string[] {
  const keys = [mailbox]
  if (visitor) keys.push(visitor)
  if (user_id) keys.push(accountKey(user_id))
  return keys
}
