import { useEffect, useRef, useState } from 'react'
import { useT } from '../i18n/translator.tsx'

interface CountdownProps {
  /** Seconds left when the server wrote the page: its clock counts, not that of the phone. */
  left_seconds: number
  on_end: () => void
  /** What it counts; the time left to pay unless told. */
  label?: string
}

/** Minutes that are read out; every second would be noise. */
const announced = new Set([10, 5, 2, 1])

/** Time that runs down. Without JavaScript it stands at what the server wrote. */
export function Countdown ({ left_seconds, on_end, label }: CountdownProps) {
  const t = useT()
  const [left, setLeft] = useState(left_seconds)
  const [said, setSaid] = useState('')
  const end = useRef(on_end)
  useEffect(() => { end.current = on_end })
  useEffect(() => {
    const ends_at = performance.now() + left_seconds * 1000
    const timer = setInterval(() => {
      const now_left = Math.max(0, Math.ceil((ends_at - performance.now()) / 1000))
      setLeft(now_left)
      const minutes = now_left / 60
      if (announced.has(minutes)) setSaid(t('shop.pay.left_minutes', { count: minutes }))
      if (now_left > 0) return
      clearInterval(timer)
      end.current()
    }, 1000)
    return () => clearInterval(timer)
  }, [left_seconds, t])
  const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  return (
    <>
      <span role="timer" aria-label={label ?? t('shop.pay.left')} className="figures text-4xl font-bold tracking-tight">{shown}</span>
      <span role="status" className="sr-only">{said}</span>
    </>
  )
}
