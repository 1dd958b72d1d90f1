import type { Availability, TicketType, TypeAvailability } from '@fermata/contracts/orders'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { TextKey } from '../i18n/translate.ts'
import { useT } from '../i18n/translator.tsx'
import { stateOf, type TypeState } from './type-state.ts'

/** The numbers of the page are a moment old when they arrive. */
const first_look_ms = 2000
const patience_ms = 10_000
/** After errors the pause doubles up to this: who is in trouble is not asked more often. */
const longest_pause_ms = 60_000

const nothing: ReadonlyMap<string, TypeAvailability> = new Map()

/**
 * The ticket types with the numbers of now, as long as somebody looks at them. Without JavaScript,
 * and for types behind an access code, they stay as the server wrote them.
 */
export function useLiveTypes (event_id: string, types: TicketType[]): TicketType[] {
  const [now, setNow] = useState(nothing)
  useEffect(() => watch(event_id, ({ items }) => {
    setNow(new Map(items.map(item => [item.id, item])))
  }), [event_id])
  return useMemo(() => types.map(type => ({ ...type, ...now.get(type.id) })), [types, now])
}

/**
 * Asks at the pace the server sets, and not at all while the page is hidden. The address is written
 * here because the contract would bring its schema library to every phone.
 * @returns ends it
 */
function watch (event_id: string, on_change: (answer: Availability) => void): () => void {
  const address = `/api/ticket-types/availability?event_id=${event_id}`
  const ended = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let is_asking = false
  let failures = 0
  let last = ''

  async function look (): Promise<void> {
    is_asking = true
    try {
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(patience_ms)])
      const response = await fetch(address, { credentials: 'omit', signal })
      if (response.status === 404) return
      if (!response.ok) throw new Error(String(response.status))
      const text = await response.text()
      const answer = JSON.parse(text) as Availability
      failures = 0
      if (text !== last) on_change(answer)
      last = text
      lookIn(answer.poll_after_ms)
    } catch {
      failures++
      lookIn(Math.min(longest_pause_ms, first_look_ms * 2 ** failures))
    } finally {
      is_asking = false
    }
  }

  /** A little early or late, so that a crowd that came together does not ask together. */
  function lookIn (ms: number): void {
    if (ended.signal.aborted || document.visibilityState === 'hidden') return
    timer = setTimeout(() => { timer = undefined; void look() }, ms * (0.9 + Math.random() * 0.2))
  }

  function onVisibility (): void {
    if (document.visibilityState === 'hidden') {
      clearTimeout(timer)
      timer = undefined
    } else if (timer === undefined && !is_asking) void look()
  }

  document.addEventListener('visibilitychange', onVisibility)
  lookIn(first_look_ms)
  return () => {
    ended.abort()
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  }
}

const news: Record<TypeState, TextKey | null> = {
  sold_out: 'shop.event.news_sold_out', few: 'shop.event.news_few', open: 'shop.event.news_open',
  ended: 'shop.event.news_ended', upcoming: null,
}

/** Says aloud when a kind of ticket changes its state; each number would be noise. */
export function AvailabilityNews ({ types }: { types: TicketType[] }) {
  const t = useT()
  const [said, setSaid] = useState('')
  const before = useRef(new Map<string, TypeState>())
  useEffect(() => {
    const changed = types.filter(type =>
      (before.current.get(type.id) ?? stateOf(type)) !== stateOf(type))
    before.current = new Map(types.map(type => [type.id, stateOf(type)]))
    const texts = changed.flatMap(({ name, available, ...type }) => {
      const key = news[stateOf({ ...type, available })]
      return key ? [t(key, { name, count: available })] : []
    })
    if (texts.length > 0) setSaid(texts.join(' '))
  }, [types, t])
  return <p role="status" className="sr-only" suppressHydrationWarning>{said}</p>
}
