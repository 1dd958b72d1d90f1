import type { Reconciliation } from '@fermata/contracts/reconciliation'

const plural = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`

/** A comparison for whoever typed the command: what was read, then what does not agree. */
export function describeResult (result: Reconciliation): string {
  const { checked, mismatches, in_flight, unanswered } = result
  const lines = checked.reduce((sum, one) => sum + one.lines, 0)
  const wrong = mismatches.reduce((sum, one) => sum + one.count, 0)
  return [
    '',
    ...checked.filter(one => one.lines > 0).map(one =>
      `  ${one.list.padEnd(28)}${String(one.lines).padStart(10)}${one.is_all ? '' : ' and more'}`),
    `  ${'together'.padEnd(28)}${String(lines).padStart(10)} lines read`,
    ...unanswered.map(({ service, reason }) => `\n  ${service} did not answer: ${reason}`),
    ...mismatches.flatMap(({ kind, count, first }) => [
      `\n  ${kind}: ${count}`,
      ...first.map(({ service, id, detail }) => `    ${service} ${id}  ${detail}`),
      ...count > first.length ? [`    and ${count - first.length} more`] : [],
    ]),
    '',
    `  ${plural(wrong, 'mismatch', 'mismatches')} of ${plural(mismatches.length, 'kind', 'kinds')}, ` +
      `${in_flight} on the way` +
      (unanswered.length > 0 ? `, ${plural(unanswered.length, 'service', 'services')} not asked` : ''),
    ...wrong > 0 ? ['  docs/operate/verify.md says what each kind means and what mends it.'] : [],
    '',
  ].join('\n')
}
