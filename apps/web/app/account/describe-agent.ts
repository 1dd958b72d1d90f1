const browsers: [pattern: RegExp, name: string][] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'], [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const systems: [pattern: RegExp, name: string][] = [
  [/\biPhone\b/, 'iPhone'], [/\biPad\b/, 'iPad'], [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'], [/\bCrOS\b/, 'ChromeOS'], [/\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
]

const nameIn = (list: typeof browsers, agent: string) =>
  list.find(([pattern]) => pattern.test(agent))?.[1] ?? null

export interface Agent {
  /** Browser or program; null when it says nothing that anybody would recognise. */
  program: string | null
  system: string | null
}

/**
 * A browser's long self-description in the two words by which its owner knows it. Order matters:
 * most browsers also call themselves by the names of others.
 */
export function describeAgent (agent: string | null): Agent {
  if (!agent) return { program: null, system: null }
  const program = nameIn(browsers, agent) ?? /^[\w.-]{1,40}(?=\/)/.exec(agent)?.[0] ?? null
  return { program: program === 'Mozilla' ? null : program, system: nameIn(systems, agent) }
}
