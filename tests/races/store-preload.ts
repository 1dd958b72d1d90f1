import type { StoreOptions } from '@fermata/orders/test/stores/orders-with'

/** Loaded before each process of a shop: the box office gets the store that this address names. */
if (process.env.SERVICES === 'orders') {
  const options = new URL(import.meta.url).searchParams.get('options')!
  const { ordersWith } = await import('@fermata/orders/test/stores/orders-with')
  const { allServices } = await import('@fermata/server/services')
  Object.assign(allServices.orders, ordersWith(JSON.parse(options) as StoreOptions))
}
