import { ordersWith } from '@fermata/orders/test/stores/orders-with'
import { allServices } from '@fermata/server/services'

/** Loaded before a process of ours: the store that its own address tells of is put in. */
const options = new URL(import.meta.url).searchParams.get('options')!
Object.assign(allServices.orders, ordersWith(JSON.parse(options) as Parameters<typeof ordersWith>[0]))
