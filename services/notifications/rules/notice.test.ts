import { expect, test } from 'vitest'
import { routeNotices, type Notice, type Wishes } from './notice.ts'

const notice = (overrides: Partial<Notice> = {}): Notice => ({
  dedupe_key: 'k', kind: 'reminder', user_id: 'u', email: 'ann@example.com', locale: 'en', url: null,
  mail: 'wanted', ...overrides,
  write: locale => ({ title: `A\nB ${locale}`, paragraphs: ['x', 'y'], facts: [], footer: 'f' }),
})
const wish = (overrides: Partial<Wishes> = {}): Wishes => ({
  user_id: 'u', locale: null, proven_email: 'ann@example.com', phone: '+33612345678',
  email_notifications: true, in_app_notifications: true, sms_notifications: false, ...overrides })

function channels (one: Notice, wishes: Wishes[] = [], has_sms = true): string[] {
  const { messages, deliveries } = routeNotices(
    [one], new Map(wishes.map(each => [each.user_id, each])), has_sms
  )
  return [...messages.map(() => 'in_app'), ...deliveries.map(delivery => delivery.channel)]
}

test('routeNotices: what somebody wants decides, except for what they must have', () => {
  expect(channels(notice())).toEqual(['in_app', 'email'])
  expect(channels(notice({ user_id: null }))).toEqual(['email'])
  expect(
    channels(notice(), [wish({ email_notifications: false, in_app_notifications: false })])
  ).toEqual([])
  expect(channels(notice({ mail: 'always' }), [wish({ email_notifications: false })])).toEqual(['in_app', 'email'])
  expect(channels(notice({ mail: 'never' }), [wish({ sms_notifications: true })])).toEqual(['in_app'])
  expect(
    channels(notice({ in_app: false, kind: 'account' }), [wish({ sms_notifications: true })])
  ).toEqual(['email'])
})

test('routeNotices: what costs nothing is mailed to an address only where its account has proven it', () => {
  const owned = notice({ mail: 'owned' })
  expect(channels(owned, [wish()])).toEqual(['in_app', 'email'])
  expect(channels(owned, [wish({ email_notifications: false })])).toEqual(['in_app'])
  expect(channels(owned, [wish({ proven_email: '' })])).toEqual(['in_app'])
  expect(channels(notice({ mail: 'owned', email: 'eve@example.com' }), [wish()])).toEqual(['in_app'])
  expect(channels(notice({ mail: 'owned', user_id: null }))).toEqual([])
})

test('routeNotices: each reader has their own language, whatever the order was placed in', () => {
  const spoken = (one: Notice, wishes: Wishes[]) => {
    const { messages, deliveries } = routeNotices(
      [one], new Map(wishes.map(each => [each.user_id, each])), true)
    for (const { subject, locale } of deliveries) expect(subject.endsWith(locale)).toBe(true)
    return [
      ...messages.map(message => message.title.slice(-2)),
      ...deliveries.map(({ channel, locale }) => `${channel} ${locale}`),
    ]
  }
  const french = wish({ locale: 'fr', sms_notifications: true })
  expect(spoken(notice(), [french])).toEqual(['fr', 'email fr', 'sms fr'])
  // Ordered for somebody else, who reads the mail; the account reads the app.
  expect(spoken(notice({ email: 'bob@example.com' }), [french])).toEqual(['fr', 'email en', 'sms fr'])
  expect(spoken(notice({ user_id: null, locale: 'fr' }), [])).toEqual(['email fr'])
  expect(spoken(notice({ locale: 'fr' }), [wish()])).toEqual(['fr', 'email fr'])
})

test('routeNotices: the app says what a change is about, as the mail does', () => {
  const facts: [string, string][] = [['When', 'Saturday'], ['Before', 'Friday']]
  const bodyOf = (kind: Notice['kind']) => routeNotices([{ ...notice({ kind }), write: () =>
    ({ title: 'News', paragraphs: ['It changed.'], facts, footer: 'f' }) }], new Map(), false)
    .messages[0]!.body
  expect(bodyOf('event_changed')).toBe('It changed.\n\nWhen: Saturday\nBefore: Friday')
  expect(bodyOf('tickets_issued')).toBe('It changed.')
})

test('routeNotices: SMS goes to those who asked and have a phone, where there is a way to send one', () => {
  const asked = wish({ sms_notifications: true })
  expect(channels(notice(), [asked])).toEqual(['in_app', 'email', 'sms'])
  expect(channels(notice(), [{ ...asked, phone: null }])).toEqual(['in_app', 'email'])
  expect(channels(notice(), [asked], false)).toEqual(['in_app', 'email'])
})

test('routeNotices: subjects are one line, and passwords go first', () => {
  const { deliveries } = routeNotices(
    [notice(), notice({ kind: 'account' }), notice({ kind: 'tickets_issued' })], new Map(), false)
  expect(
    deliveries.map(delivery => [delivery.subject, delivery.priority])
  ).toEqual([['A B en', 2], ['A B en', 0], ['A B en', 1]])
})
