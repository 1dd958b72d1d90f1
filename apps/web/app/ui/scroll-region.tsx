import type { ReactNode } from 'react'

/** What may be wider than a phone, such as a table: it scrolls by itself, with the keyboard too. */
export function ScrollRegion ({ label, className = '', children }: {
  label: string, className?: string, children: ReactNode
}) {
  return (
    // Without a place in the tab order, who has no mouse could not scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={`scroll-x ${className}`} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
