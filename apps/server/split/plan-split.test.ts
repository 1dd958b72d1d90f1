import { services } from '@fermata/contracts/services'
import { expect, test } from 'vitest'
import { addressOf, instancesOf, parseScale, planPorts } from './plan-split.ts'

const here = { host: '127.0.0.1', places: {} }

test('parseScale: names and numbers, and nothing else', () => {
  expect(parseScale(['orders=2', 'web=3'])).toEqual({ orders: 2, web: 3 })
  for (const word of ['order=2', 'orders', 'orders=0', 'orders=99', 'orders=-1']) {
    expect(() => parseScale([word]), word).toThrow('--scale')
  }
})

test('planPorts: without a base the ports are those of the documentation', () => {
  const ports = planPorts(8000, { orders: 2 })
  expect(ports).toMatchObject({ front_door: 8000, nats: 4222 })
  expect(ports.of.web).toEqual([3000])
  // The front door is where the gateway is when it runs alone.
  expect([services.gateway.port, ports.of.gateway]).toEqual([8000, [8010]])
  expect(ports.of.orders).toEqual([services.orders.port, 8100])
})

test('planPorts: no two processes share a port, whatever the base and scale', () => {
  for (const base of [8000, 18_000]) {
    const ports = planPorts(base, { orders: 20, tickets: 20, web: 20 })
    const all = [...instancesOf(ports, here).map(({ port }) => port), ports.front_door,
      ports.inside_door, ports.nats]
    expect(new Set(all).size).toBe(all.length)
    if (base === 18_000) expect(all.every(port => port >= base && port < base + 300)).toBe(true)
  }
})

test('instancesOf: a process that has a place of its own is found there, its twin is not', () => {
  const place = { host: '192.0.2.2', launch: ['ip', 'netns', 'exec', 'away'] }
  const instances = instancesOf(planPorts(8000, { orders: 2 }),
    { host: '192.0.2.1', places: { 'orders-2': place } })

  const orders = instances.filter(({ part }) => part === 'orders')
  expect(orders.map(addressOf)).toEqual(['192.0.2.1:8006', '192.0.2.2:8100'])
  expect(orders.map(({ launch }) => launch)).toEqual([[], place.launch])
})
