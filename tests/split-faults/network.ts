import { spawnSync } from 'node:child_process'
import { findProgram } from '@fermata/server/split/programs'
import type { Place } from '@fermata/server/split/plan-split'

/**
 * Machines and the cables between them: each is a network namespace, and one more is the switch in
 * which cables are pulled and packets vanish. Both ends of a connection see what they would see of
 * a real network: nothing. Linux only, as root.
 */

export interface Network {
  /** Of this machine. */
  host: string
  machines: Machine[]
  remove (): void
}

export interface Machine extends Place {
  /** Pulls its cable, or puts it back. */
  plug (is_in: boolean): void
  /** From now on packets like these vanish in the switch; an empty list lets all through again. */
  drop (kinds: Dropped[]): void
  /** How many vanished since the last `drop`. */
  dropped (): number
}

/** What goes to a machine or comes from it; with a port, only to and from that port of ours. */
export interface Dropped { direction: 'to' | 'from', port?: number }

export const everything: Dropped[] = [{ direction: 'to' }, { direction: 'from' }]

// Reserved for measurements between network devices (RFC 2544), so that nobody lives there.
const range = '198.18'
const prefix = 'fermata-faults-'
const machines_at_most = 9

const program = (name: string) => {
  const found = findProgram(name, process.env.PATH)
  if (!found) throw new Error(`These tests need ${name}; tests/split-faults/debian-packages names it`)
  return found
}

/** @throws with what the command said */
function run (name: string, words: string): string {
  const { status, stdout, stderr, error } =
    spawnSync(program(name), words.split(' '), { encoding: 'utf8' })
  if (status !== 0) throw new Error(
    `${name} ${words}: ${error?.message ?? stderr.trim()}. These tests make network namespaces: ` +
    'they must run as root on Linux.')
  return stdout
}

/** Removes what a killed run left; a namespace takes its ends of cables along. */
function sweep (): void {
  for (const line of run('ip', 'netns list').split('\n')) {
    const [name = ''] = line.split(' ')
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (owner && !isAlive(Number(owner))) run('ip', `netns del ${name}`)
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function freeSubnet (): number {
  const taken = run('ip', '-o -4 addr show')
  const subnet = Array.from({ length: 250 }, (_, index) => (process.pid + index) % 250)
    .find(number => !taken.includes(` ${range}.${number}.`))
  if (subnet === undefined) throw new Error(`Every subnet of ${range} is taken`)
  return subnet
}

/** Makes a switch and so many machines around it, and connects us to it as well. */
export function createNetwork (count: number): Network {
  if (count > machines_at_most) throw new Error(`${machines_at_most} machines at most`)
  sweep()
  const own = `${prefix}${process.pid}-`
  const center = `${own}switch`
  const names = Array.from({ length: count }, (_, index) => `${own}${index + 1}`)
  const remove = () => {
    const there = run('ip', 'netns list')
    for (const name of [...names, center]) {
      if (there.includes(name)) run('ip', `netns del ${name}`)
    }
  }
  try {
    const subnet = freeSubnet()
    const addressOf = (number: number) => `${range}.${subnet}.${number}`
    run('ip', `netns add ${center}`)
    run('ip', `-n ${center} link add bridge type bridge`)
    run('ip', `-n ${center} link set bridge up`)
    run('nft', '--version')
    const ours = `faults${process.pid}`
    run('ip', `link add ${ours} type veth peer name port-0 netns ${center}`)
    run('ip', `addr add ${addressOf(1)}/24 dev ${ours}`)
    run('ip', `link set ${ours} up`)
    connectPort(center, 0)
    const machines = names.map((name, index) =>
      createMachine(name, center, index + 1, addressOf(index + 2)))
    return { host: addressOf(1), machines, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function connectPort (center: string, number: number): void {
  run('ip', `-n ${center} link set port-${number} master bridge`)
  run('ip', `-n ${center} link set port-${number} up`)
}

function createMachine (name: string, center: string, number: number, host: string): Machine {
  run('ip', `netns add ${name}`)
  run('ip', `-n ${center} link add port-${number} type veth peer name eth0 netns ${name}`)
  run('ip', `-n ${name} addr add ${host}/24 dev eth0`)
  run('ip', `-n ${name} link set lo up`)
  run('ip', `-n ${name} link set eth0 up`)
  connectPort(center, number)
  const table = `bridge machine-${number}`
  const nft = (words: string) => run('ip', `netns exec ${center} ${program('nft')} ${words}`)
  nft(`add table ${table}`)
  nft(`add chain ${table} forward { type filter hook forward priority 0 ; }`)
  return {
    host, launch: [program('ip'), 'netns', 'exec', name],
    plug: is_in => run('ip', `-n ${center} link set port-${number} ${is_in ? 'up' : 'down'}`),
    drop (kinds) {
      nft(`flush table ${table}`)
      for (const { direction, port } of kinds) {
        const [address, side] = direction === 'to' ? ['daddr', 'sport'] : ['saddr', 'dport']
        const only = port === undefined ? '' : `tcp ${side} ${port} `
        nft(`add rule ${table} forward ip ${address} ${host} ${only}counter drop`)
      }
    },
    dropped: () => [...nft(`list table ${table}`).matchAll(/packets (\d+)/g)]
      .reduce((sum, [, packets]) => sum + Number(packets), 0),
  }
}
