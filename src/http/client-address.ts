/**
 * The client's address: parsed, not split, and believed only as far as the configuration says.
 *
 * Only `X-Forwarded-For` is read, all of its lines in order (a `Headers` object joins them); a
 * proxy that writes `Forwarded` (RFC 7239) instead has to be told to write this one.
 */
import ipaddr from 'ipaddr.js'

export interface TrustedProxies {
  /** How many proxies stand in front of the server, each adding one entry to the header. */
  hops?: number
  /** Or the networks in which they stand, in CIDR notation: `['10.0.0.0/8', '2001:db8::/32']`. */
  networks?: readonly string[]
}

export interface ClientAddress {
  /** The address in canonical form, without port, brackets and zone; IPv4-mapped forms as IPv4. */
  readonly address: string
  /** What limits count: the address itself for IPv4, its network for IPv6 (`2001:db8:1:2::/64`). */
  readonly network: string
}

export interface ClientAddressOptions {
  trustedProxies?: TrustedProxies
  /** How many bits of an IPv6 address name one client, 32 to 128. Default 64. */
  ipv6Prefix?: number
}

/**
 * @returns The client's address, or `null` when nothing trustworthy says it: no peer (a Unix
 *   socket), or a configured hop that is not an address.
 */
export type ReadClientAddress = (headers: Headers, peer: string | undefined) => ClientAddress | null

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

const defaultPrefix = 64

export function clientAddressReader(options: ClientAddressOptions): ReadClientAddress {
  const { hops = 0, networks } = options.trustedProxies ?? {}
  const prefix = options.ipv6Prefix ?? defaultPrefix
  const resolve = networks
    ? throughNetworks(networks.map((network) => parseNetwork(network) as Network))
    : throughHops(hops)
  return (headers, peer) => {
    const address = resolve(headers, parse(peer ?? ''))
    return address && { address: address.toString(), network: networkOf(address, prefix) }
  }
}

/** What is wrong with the options, one sentence each. */
export function clientAddressProblems(options: ClientAddressOptions): string[] {
  const { hops, networks } = options.trustedProxies ?? {}
  const prefix = options.ipv6Prefix ?? defaultPrefix
  const problems: string[] = []
  if (hops !== undefined && networks !== undefined) {
    problems.push('trustedProxies has both hops and networks; write one of them')
  }
  if (hops !== undefined && (!Number.isSafeInteger(hops) || hops < 0)) {
    problems.push('trustedProxies.hops must be a whole number, such as 1')
  }
  for (const network of networks ?? []) {
    if (parseNetwork(network) === null) {
      problems.push(
        `trustedProxies.networks has '${network}', which is not a network; write it as '10.0.0.0/8'`,
      )
    }
  }
  if (!Number.isSafeInteger(prefix) || prefix < 32 || prefix > 128) {
    problems.push('ipv6Prefix must be a whole number from 32 to 128, such as 64')
  }
  return problems
}

type Resolve = (headers: Headers, peer: Address | null) => Address | null

/**
 * Every one of `hops` proxies appended what it saw, so the entry that many from the right is what
 * the outermost one saw. When that is not an address, a proxy is not what the configuration says
 * it is: the address is unknown, rather than the proxy's, which everybody would share.
 */
function throughHops(hops: number): Resolve {
  return (headers, peer) => {
    if (hops === 0) return peer
    const entries = forwardedEntries(headers)
    if (entries.length === 0) return peer
    return parse(entries[Math.max(0, entries.length - hops)] ?? '')
  }
}

/**
 * Believes the header only from a trusted peer, and walks it from the right past trusted
 * addresses; the first other one is the client. A text that is not an address ends the walk: what
 * stands left of it was not written by a proxy of ours, so the last good address counts.
 */
function throughNetworks(networks: readonly Network[]): Resolve {
  const isTrusted = (address: Address) =>
    networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
  return (headers, peer) => {
    if (peer === null || !isTrusted(peer)) return peer
    let client = peer
    for (const entry of forwardedEntries(headers).reverse()) {
      const address = parse(entry)
      if (address === null) break
      client = address
      if (!isTrusted(address)) break
    }
    return client
  }
}

/** A longer header is read from its right end, where our own proxies write. */
const maxHeaderLength = 4096

function forwardedEntries(headers: Headers): string[] {
  return (headers.get('x-forwarded-for') ?? '')
    .slice(-maxHeaderLength)
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** The canonical form of an address in any common spelling, or `null`. */
export function parseAddress(text: string): string | null {
  return parse(text)?.toString() ?? null
}

function parse(text: string): Address | null {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1')
  const address = bare.replace(/%.*$/s, '')
  // ipaddr.js alone takes octal, hexadecimal and short forms of IPv4 for addresses.
  if (ipaddr.IPv4.isValidFourPartDecimal(address) && !/\b0\d/.test(address)) {
    return ipaddr.IPv4.parse(address)
  }
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return null
  const long = ipaddr.IPv6.parse(address)
  return long.isIPv4MappedAddress() ? long.toIPv4Address() : long
}

function parseNetwork(text: string): Network | null {
  const [address = '', bits, ...rest] = text.split('/')
  const parsed = parse(address)
  if (parsed === null || rest.length > 0) return null
  const most = parsed.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [parsed, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [parsed, Number(bits)] : null
}

function networkOf(address: Address, prefix: number): string {
  if (address.kind() === 'ipv4') return address.toString()
  const bytes = address.toByteArray()
  for (let bit = prefix; bit < 128; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7))
  }
  return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`
}
