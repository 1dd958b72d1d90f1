import { findNonce } from './join-sum.ts'

/** Beside the page, so that nothing in it stands still, and on time in a tab that nobody looks at. */
globalThis.addEventListener('message', ({ data }: MessageEvent<{ challenge: string, bits: number }>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's page has none
  globalThis.postMessage(findNonce(data.challenge, data.bits))
})
