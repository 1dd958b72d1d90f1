import { useEffect } from 'react'
import { Form, useSubmit } from 'react-router'
import { useT } from '../i18n/translator.tsx'

/** What a place costs this visitor, as the API said. */
export interface JoinPrice {
  challenge: string
  bits: number
  /** Until the challenge is enough by itself, or until a paid place may be asked for again. */
  wait_seconds: number
  /** What was paid already; others of the network come first. */
  nonce?: string
}

/** Pays it: by a sum, else by waiting. There is nothing for the visitor to do. */
export function PayForPlace ({ price }: { price: JoinPrice }) {
  const submit = useSubmit()
  useEffect(() => {
    const { challenge, bits, wait_seconds, nonce } = price
    const join = (found: string | undefined) =>
      void submit({ challenge, ...(found !== undefined && { nonce: found }) }, { method: 'post' })
    let timer: ReturnType<typeof setTimeout> | undefined
    const joinLater = () => { timer = setTimeout(() => join(nonce), wait_seconds * 1000) }
    const worker = nonce === undefined && bits > 0 ? startWorker() : null
    if (worker) {
      worker.addEventListener('message', ({ data }: MessageEvent<number | null>) =>
        data === null ? joinLater() : join(String(data)))
      worker.addEventListener('error', joinLater)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
      worker.postMessage({ challenge, bits })
    } else joinLater()
    return () => {
      clearTimeout(timer)
      worker?.terminate()
    }
  }, [price, submit])
  return null
}

/** Null in a browser that knows none. */
function startWorker (): Worker | null {
  try {
    return new Worker(new URL('./join-sum.worker.ts', import.meta.url), { type: 'module' })
  } catch {
    return null
  }
}

/** What is going on meanwhile, and the way for who has no JavaScript. */
export function PriceOfPlace ({ price }: { price: JoinPrice }) {
  const t = useT()
  return (
    <>
      <PayForPlace price={price} />
      <noscript>
        <p className="reading">{t('shop.queue.price_wait', { count: price.wait_seconds })}</p>
        <Form method="post">
          <input type="hidden" name="challenge" value={price.challenge} />
          {price.nonce !== undefined && <input type="hidden" name="nonce" value={price.nonce} />}
          <button type="submit" className="button button-large">{t('shop.queue.enter')}</button>
        </Form>
      </noscript>
    </>
  )
}
