/**
 * The fermata: an arc that holds a note. Its arc swells towards the middle as an engraver draws it.
 */
export function Logo ({ className = 'h-8 w-8' }: { className?: string }) {
  return (
    <svg width="32" viewBox="0 0 32 24" className={className} aria-hidden="true">
      <path fill="currentColor" d="M2 19C2 9 8 2.500 16 2.500S30 9 30 19C28.300 11.600 23.200 7.600 16 7.600S3.700 11.600 2 19Z" />
      <circle cx="16" cy="17.500" r="3.700" className="fill-brass" />
    </svg>
  )
}
