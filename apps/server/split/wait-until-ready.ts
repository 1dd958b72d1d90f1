import { setTimeout as sleep } from 'node:timers/promises'
import { choosePort } from '../listen.ts'
import { lastLines, type SupervisedProcess } from './supervised-process.ts'

/** Twelve processes begin at once; on a busy machine the last one may take its time. */
const ready_within_ms = 90_000
const ask_again_ms = 100

/** @throws naming the first port that is taken */
export async function requireFreePorts (host: string, ports: number[]): Promise<void> {
  for (const port of ports) await choosePort(host, port, port).catch(() => {
    throw new Error(`Port ${port} is in use. Stop the program that listens there, ` +
      'or set PORT_BASE to the first of 300 other ports, e.g. PORT_BASE=18000.')
  })
}

/**
 * Waits until a process answers. @throws with the end of its log when it ends or takes too long
 * @param fits looks at the body of a success; it is asked again until it does
 */
export async function waitUntilReady (
  process: SupervisedProcess, url: string, fits: (body: string) => boolean = () => true
): Promise<void> {
  const deadline = performance.now() + ready_within_ms
  while (performance.now() < deadline) {
    if (process.restarts() > 0) throw new Error(
      `${process.name} did not start. Its log (${process.log_file}) ends so:\n` +
      lastLines(process.log_file))
    const body = await ask(url)
    if (body !== null && fits(body)) return
    await sleep(ask_again_ms)
  }
  throw new Error(`${process.name} was not ready within ${ready_within_ms / 1000} s. ` +
    `Its log (${process.log_file}) ends so:\n${lastLines(process.log_file)}`)
}

/** Waits until an address answers. @throws when it takes too long; whoever ends meanwhile may return */
export async function waitUntilAnswered (
  url: string, fits: (body: string) => boolean = () => true
): Promise<void> {
  const deadline = performance.now() + ready_within_ms
  while (performance.now() < deadline) {
    const body = await ask(url)
    if (body !== null && fits(body)) return
    await sleep(ask_again_ms)
  }
  throw new Error(`${url} did not answer within ${ready_within_ms / 1000} s`)
}

async function ask (url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    const body = await answer.text()
    return answer.ok ? body : null
  } catch {
    return null
  }
}
