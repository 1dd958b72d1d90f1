import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Whoever comes from nowhere shares one bucket: what cannot be read is no way around a count. */
const unknown_network = 'unknown'

/**
 * Who an address stands for wherever somebody is counted: an IPv4 address, or the /64 of an IPv6
 * address, for one household or server owns all of it and counting its addresses would count
 * nothing. Takes what sockets and proxies write: brackets, ports, zones, IPv4 inside IPv6.
 * @param address the client's, as `request.ip` tells it: forwarded headers are believed only when
 * a proxy of `TRUST_PROXY` sent them
 */
export const networkOf = (address: string | undefined): string => prefixOf(address, 64)

/**
 * Who an address stands for where something scarce is shared out: an IPv4 address, or the /48 of an
 * IPv6 address. So much one site is given (RFC 6177), and anybody by a broker of tunnels: 65,536
 * networks, who would be a crowd. Phones of a carrier share one as they share an IPv4 address.
 * @param address as `networkOf` takes it
 */
export const siteOf = (address: string | undefined): string => prefixOf(address, 48)

function prefixOf (address: string | undefined, bits: 48 | 64): string {
  const plain = plainAddress(address ?? '')
  if (isIPv4(plain)) return plain
  if (!isIPv6(plain)) return unknown_network
  const groups = groupsOf(plain)
  return embeddedIPv4(groups) ??
    `${groups.slice(0, bits / 16).map(group => group.toString(16)).join(':')}::/${bits}`
}

/** Names of ranges, as `TRUST_PROXY` may write them. */
const named_ranges: Record<string, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1'], linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

interface Range { address: string, bits: number, family: 'ipv4' | 'ipv6' }

/** Null for what is none, or where the mask has holes; 0 bits would be everybody. */
function rangeOf (text: string): Range | null {
  const [address = '', mask, ...more] = text.split('/')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : null
  if (!family || more.length > 0) return null
  const most = family === 'ipv4' ? 32 : 128
  const bits = mask === undefined ? most
    : family === 'ipv4' && isIPv4(mask) ? bitsOfMask(mask)
      : /^\d{1,3}$/.test(mask) ? Number(mask) : 0
  return bits > 0 && bits <= most ? { address, bits, family } : null
}

/** 8 for `255.0.0.0`; 0 where bits that are not set stand before such that are. */
function bitsOfMask (mask: string): number {
  const bits = mask.split('.').map(part => Number(part).toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : 0
}

const partsOf = (text: string) => text.split(',').map(part => part.trim())
  .flatMap(part => named_ranges[part] ?? part)

/**
 * Whether a text is what `createRanges` takes: addresses, ranges as `10.0.0.0/8` or
 * `10.0.0.0/255.0.0.0`, and names of ranges, separated by commas.
 */
export const areRanges = (text: string): boolean => partsOf(text).every(part => rangeOf(part))

/**
 * Whether an address is in one of the ranges.
 * @param text as `areRanges` takes it; empty parts are left out
 */
export function createRanges (text: string): (address: string) => boolean {
  const list = new BlockList()
  for (const part of partsOf(text).filter(Boolean)) {
    const range = rangeOf(part)
    if (!range) throw new Error(`${part} is no address and no range of addresses.`)
    list.addSubnet(range.address, range.bits, range.family)
  }
  return given => {
    const address = plainAddress(given)
    return isIPv4(address) ? list.check(address)
      : isIPv6(address) && list.check(address, 'ipv6')
  }
}

/** Longer is no address; the expressions below never see a text of an attacker's length. */
const max_length = 100

/** An address without what sockets and proxies write around it; empty where it is too long. */
function plainAddress (text: string): string {
  if (text.length > max_length) return ''
  const trimmed = text.trim()
  const inside = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1]
  if (inside !== undefined) return withoutZone(inside)
  return withoutZone(trimmed.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1'))
}

/** A zone names a network card of this machine, not another neighbour. */
const withoutZone = (address: string) => address.split('%', 1)[0]!

/** The eight numbers of a valid IPv6 address. */
function groupsOf (address: string): number[] {
  const [head, tail] = address.split('::').map(numbersOf) as [number[], number[] | undefined]
  if (!tail) return head
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function numbersOf (part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a, b, c, d] = group.split('.').map(Number) as [number, number, number, number]
    return [a * 256 + b, c * 256 + d]
  })
}

const six_to_four = 0x2002

/**
 * Sockets that serve both families write an IPv4 address as `::ffff:1.2.3.4`. 6to4 gives the owner
 * of one IPv4 address 65,536 networks (RFC 3056), so it counts as that address.
 */
function embeddedIPv4 (groups: number[]): string | null {
  const mapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (mapped) return dotted(groups[6]!, groups[7]!)
  return groups[0] === six_to_four ? dotted(groups[1]!, groups[2]!) : null
}

const dotted = (high: number, low: number) =>
  [high >> 8, high & 255, low >> 8, low & 255].join('.')
