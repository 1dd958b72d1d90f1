import type { StoreOptions } from '@fermata/orders/test/stores/orders-with'

/** What a process of its own is started with, so that its box office has a store of the tests. */
export const putInStore = (options: StoreOptions) => {
  const preload = new URL('store-preload.ts', import.meta.url)
  preload.searchParams.set('options', JSON.stringify(options))
  return { NODE_OPTIONS: `--import ${preload.href}` }
}
