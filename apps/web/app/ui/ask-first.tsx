import type { ReactNode } from 'react'

interface Props { label: ReactNode, text: string, children: ReactNode }

/** What cannot be taken back by a second tap: the first one opens, the button inside does it. */
export function AskFirst ({ label, text, children }: Props) {
  return (
    <details>
      <summary className="min-h-11 cursor-pointer content-center font-bold text-bad">{label}</summary>
      <div className="grid justify-items-start gap-3 pb-2">
        <p>{text}</p>
        {children}
      </div>
    </details>
  )
}
