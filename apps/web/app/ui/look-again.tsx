import { useEffect } from 'react'
import { useRevalidator } from 'react-router'

/** Slower each time: most waits are short, and a long one should not load the server. */
const pauses_ms = [700, 1000, 1500, 2000, 3000, 5000]

/**
 * Asks the server again when it said that there will be news; without JavaScript the browser
 * reloads the page then.
 */
export function LookAgainIn ({ ms }: { ms: number }) {
  const { revalidate, state } = useRevalidator()
  useEffect(() => {
    // After each answer anew: it may name the same pause.
    if (state !== 'idle') return undefined
    const timer = setTimeout(() => void revalidate(), ms)
    return () => clearTimeout(timer)
  }, [ms, revalidate, state])
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  return <noscript><meta httpEquiv="refresh" content={String(seconds)} /></noscript>
}

/**
 * Asks the server again and again until the page has moved on; without JavaScript the browser
 * reloads it.
 */
export function LookAgain () {
  const { revalidate, state } = useRevalidator()
  useEffect(() => {
    let round = 0
    let timer: ReturnType<typeof setTimeout>
    const next = () => {
      timer = setTimeout(() => {
        if (document.visibilityState === 'visible') void revalidate()
        round += 1
        next()
      }, pauses_ms[Math.min(round, pauses_ms.length - 1)])
    }
    next()
    return () => clearTimeout(timer)
  }, [revalidate])
  return (
    <>
      <noscript><meta httpEquiv="refresh" content="3" /></noscript>
      <span hidden data-state={state} />
    </>
  )
}
