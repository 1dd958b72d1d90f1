import { parentPort } from 'node:worker_threads'
import type { PrintJob, PrintResult } from './printer.ts'
import { ticketPdf } from './ticket-pdf.ts'

/** The thread of `printer.ts`: takes jobs, one after the other, and answers each. */

async function print ({ id, tickets, locale }: PrintJob): Promise<PrintResult> {
  try {
    return { id, pdf: await ticketPdf(tickets, locale) }
  } catch (error) {
    return { id, error: String(error) }
  }
}

let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (job: PrintJob) => {
  last = last.then(async () => {
    const result = await print(job)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    parentPort?.postMessage(result)
  })
})
