import { nameOnTicket } from '@fermata/contracts/person-names'
import { Worker } from 'node:worker_threads'
import type { Locale } from '@fermata/contracts/fields'
import { unavailable } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { PrintedTicket } from './ticket-pdf.ts'

export interface PrintJob { id: number, tickets: PrintedTicket[], locale: Locale }
export interface PrintResult { id: number, pdf?: Uint8Array, error?: string }

interface Waiting { resolve: (pdf: Uint8Array) => void, reject: (error: Error) => void }

/**
 * Orders of many pages among them, some five seconds of work, as long as a calling service waits;
 * who comes later shall come again.
 */
const max_waiting = 50

export type Printer = ReturnType<typeof createPrinter>

/**
 * Draws PDF pages on a thread of their own: one takes five to ten milliseconds and the first half a
 * second, in which this process could otherwise answer nobody. The thread starts with the first
 * page.
 */
export function createPrinter () {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let last_id = 0

  function start (): Worker {
    const started = new Worker(new URL('./print-worker.ts', import.meta.url))
    started.on('message', ({ id, pdf, error }: PrintResult) => {
      const job = waiting.get(id)
      waiting.delete(id)
      if (pdf) job?.resolve(pdf)
      else job?.reject(new Error(`A ticket could not be printed: ${error}`))
      if (waiting.size === 0) started.unref()
    })
    // A thread that ends takes its work with it; the next page starts another.
    const ended = (cause: unknown) => {
      if (worker !== started) return
      worker = undefined
      for (const job of waiting.values()) {
        job.reject(new Error('The printing thread has ended', { cause }))
      }
      waiting.clear()
    }
    started.on('error', ended).on('exit', ended)
    return started
  }

  return {
    /**
     * A page for each ticket.
     * @throws Problem `request/unavailable` when too many are waiting
     */
    print (rows: PrintedTicket[], locale: Locale): Promise<Uint8Array> {
      if (waiting.size >= max_waiting) {
        throw new Problem(unavailable, 'Many tickets are being printed just now.', {
          headers: { 'retry-after': '5' },
        })
      }
      const id = ++last_id
      worker ??= start()
      // Work keeps the process alive, an idle thread does not.
      worker.ref()
      const printed = new Promise<Uint8Array>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
      })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
      worker.postMessage({ id, tickets: rows.map(printedPart), locale } satisfies PrintJob)
      return printed
    },
    async stop (): Promise<void> {
      await worker?.terminate()
    },
  }
}

/** What a page shows, and nothing else, goes to the thread. */
const printedPart = ({
  number, code, ticket_type_name, holder_name, price_minor, currency, order_code, event, issued_at,
}: PrintedTicket): PrintedTicket =>
  ({
    number, code, ticket_type_name, holder_name: nameOnTicket(holder_name), price_minor, currency,
    order_code, event, issued_at,
  })
