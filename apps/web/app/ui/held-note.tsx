/** Fermata sign over a staff, large: the picture of empty, waiting and error pages. */
export function HeldNote ({ className = '' }: { className?: string }) {
  return (
    <svg width="160" viewBox="0 0 160 84" className={className} aria-hidden="true" fill="none" stroke="currentColor">
      <path d="M0 50h160M0 58h160M0 66h160M0 74h160M0 82h160" strokeWidth="1" opacity=".45" />
      <path fill="currentColor" stroke="none"
        d="M50 38C50 18 62 5 80 5s30 13 30 33c-3.600-14.800-14.800-22.600-30-22.600S53.600 23.200 50 38Z" />
      <circle cx="80" cy="34" r="6" className="fill-brass" stroke="none" />
    </svg>
  )
}
