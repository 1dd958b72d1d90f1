import type { ReactNode } from 'react'
import { HeldNote } from './held-note.tsx'

interface EmptyProps { title: string, text: string, children?: ReactNode }

/** What a list shows when there is nothing in it yet: why, and the next step. */
export function Empty ({ title, text, children }: EmptyProps) {
  return (
    <div className="panel grid justify-items-center gap-3 py-14 text-center">
      <HeldNote className="w-32 text-strong" />
      <h2 className="text-xl">{title}</h2>
      <p className="max-w-prose text-soft">{text}</p>
      {children && <div className="pt-2">{children}</div>}
    </div>
  )
}
