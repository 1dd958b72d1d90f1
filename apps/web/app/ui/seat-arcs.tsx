/**
 * A hall seen from above: rows of seats are arcs around a stage, and so is the fermata sign. Some
 * seats are held. Drawn from numbers alone, so that server and browser draw the same.
 */
export function SeatArcs ({ className = '' }: { className?: string }) {
  return (
    <svg width="600" viewBox="0 0 600 330" className={className} aria-hidden="true">
      {rows.map(row => (
        <g key={row.radius}>
          {row.seats.map(seat => (
            <circle key={seat.x} cx={seat.x} cy={seat.y} r={seat.is_held ? 7.5 : 5.5}
              className={seat.is_held ? 'fill-brass' : 'fill-strong opacity-35'} />
          ))}
        </g>
      ))}
      <path className="fill-ink"
        d="M190 318C190 251 236 205 300 205s110 46 110 113c-12-50-50-76.500-110-76.500S202 268 190 318Z" />
      <circle cx="300" cy="304" r="19" className="fill-brass" />
    </svg>
  )
}

const round = (value: number) => Math.round(value * 10) / 10

const rows = [150, 182, 214, 246, 278].map((radius, row) => {
  const count = 15 + row * 4
  return {
    radius,
    seats: Array.from({ length: count }, (_, index) => {
      const angle = Math.PI * (0.06 + 0.88 * index / (count - 1))
      // A spread without pattern to the eye; the numbers only have to be coprime.
      const is_held = (index * 7 + row * 11) % 17 === 3
      return { x: round(300 - Math.cos(angle) * radius), y: round(318 - Math.sin(angle) * radius),
        is_held }
    }),
  }
})
