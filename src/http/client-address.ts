/**
 * The client's address: parsed, not split, and believed only as far as the configuration says.
 *
 * Only `X-Forwarded-For` is read, all of its lines in order (a `Headers` object joins them).
 * `Forwarded` (RFC 7239) and the headers of single vendors are ignored, because a proxy that
 * writes one of them passes the others on as the client sent them; tell it to write this one.
 */
import ipaddr from 'ipaddr.js'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { type Option, optional, own, whole } from '../options/option.ts'

/** Which proxies may say the client's address in `X-Forwarded-For`. Write one of the two. */
export interface TrustedProxies {
  /**
   * The networks in which your proxies stand, in CIDR notation: `['10.0.0.0/8', '2001:db8::/32']`.
   * A header from anywhere else is ignored. Default none.
   *
   * A peer without an address, a Unix socket, stands in none of them; use `hops` behind one.
   */
  networks?: readonly string[]
  /**
   * Or how many proxies stand in front of the server, each adding one entry to `X-Forwarded-For`; 0
   * where there is none. Believes any peer: only where nobody can reach the server but through the
   * proxies, or they could write their own address. Default 0.
   *
   * The peer is then one of them whatever its address, a Unix socket too.
   */
  hops?: number
}

/** The address of a client, and the network by which limits count it. */
export interface ClientAddress {
  /** The address in canonical form, without port, brackets and zone; IPv4-mapped forms as IPv4. */
  readonly address: string
  /** What limits count: the address itself for IPv4, its network for IPv6 (`2001:db8:1:2::/64`). */
  readonly network: string
  /**
   * The wider network that one customer of a provider may have all of: the address itself for IPv4,
   * `2001:db8:1::/48` for IPv6.
   */
  readonly site: string
}

export interface ClientAddressOptions {
  trustedProxies?: {
    readonly hops?: number | undefined
    readonly networks?: readonly string[] | undefined
  }
  /** How many bits of an IPv6 address name one client, 32 to 128. Default 64. */
  ipv6Prefix?: number
  /** How many bits name one site, at most as many as `ipv6Prefix`. Default 48. */
  ipv6SitePrefix?: number
}

/**
 * @param peer The address of the connection's other end, as the server reports it; `undefined`
 *   or empty where there is none (a Unix socket).
 * @returns The client's address, or `null` when nothing trustworthy says it: a peer without an
 *   address and no header to believe, or a header whose entry for the client is not an address.
 */
export type ReadClientAddress = (headers: Headers, peer: string | undefined) => ClientAddress | null

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/** Expects options that were found sound. Networks are parsed here, once. */
export function clientAddressReader(options: ClientAddressOptions): ReadClientAddress {
  const { hops = 0, networks } = options.trustedProxies ?? {}
  const prefix = options.ipv6Prefix ?? 64
  const sitePrefix = options.ipv6SitePrefix ?? 48
  const resolve = networks
    ? throughNetworks(networks.map((network) => parseNetwork(network) as Network))
    : throughHops(hops)
  return (headers, peer) => {
    const address = resolve(headers, parse(peer ?? ''))
    return (
      address && {
        address: address.toString(),
        network: networkOf(address, prefix),
        site: networkOf(address, sitePrefix),
      }
    )
  }
}

export type TrustedProxySettings = Settled<{
  [Name in keyof TrustedProxies]: TrustedProxies[Name] | undefined
}>

export const trustedProxiesOptions: Declaration<TrustedProxySettings> =
  declareOptions<TrustedProxySettings>(
    {
      networks: optional(
        own<readonly string[]>({
          wanted: 'a list of networks',
          fallback: [],
          problems(given, path) {
            if (Array.isArray(given)) return given.flatMap((one) => networkProblems(one, path))
            return [`${path} must be a list of networks, such as ['10.0.0.0/8']`]
          },
        }),
      ),
      hops: optional(whole(0, { min: 0, max: 100, such: 1 }), '0'),
    },
    {
      write: (given) =>
        Number.isSafeInteger(given)
          ? `trustedProxies: { networks: ['10.0.0.0/8'] }, the networks in which your proxies stand; or { hops: ${given} }, which believes any peer`
          : "trustedProxies: { networks: ['10.0.0.0/8'] }, the networks in which your proxies stand, or { hops: 1 } for one proxy, which believes any peer",
      rules: [
        {
          about: ['hops', 'networks'],
          problems: ({ hops, networks }) =>
            hops !== undefined && networks !== undefined
              ? ['trustedProxies has both hops and networks; write one of them']
              : [],
        },
      ],
    },
  )

function networkProblems(network: unknown, path: string): string[] {
  const parsed = parseNetwork(String(network))
  if (parsed === null) {
    return [`${path} has '${String(network)}', which is not a network; write it as '10.0.0.0/8'`]
  }
  if (parsed[1] > 0) return []
  return [
    `${path} has '${String(network)}', which trusts everybody, so that clients could write their own address; name the networks of your proxies`,
  ]
}

/** How many bits of an IPv6 address name one client. */
export const ipv6PrefixOption: Option<number> = whole(64, { min: 32, max: 128 })

/** How many bits name one site: what a provider gives a customer (RFC 6177), at most. */
export const ipv6SitePrefixOption: Option<number> = whole(48, { min: 16, max: 128 })

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
    for (const entry of forwardedEntries(headers).reverse().slice(0, maxWalk)) {
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

/** No request passes more proxies of ours; a longer row of trusted addresses is made up. */
const maxWalk = 50

function forwardedEntries(headers: Headers): string[] {
  const value = headers.get('x-forwarded-for') ?? ''
  // The mark keeps what is left of an entry that was cut in two from passing for an address.
  const end = value.length > maxHeaderLength ? `?${value.slice(-maxHeaderLength)}` : value
  return end
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/**
 * The canonical form of an address (RFC 5952 for IPv6), or `null`. Takes it with brackets, port
 * and zone, which are dropped, and IPv4-mapped, which becomes IPv4. Octal, hexadecimal and
 * short spellings of IPv4 are refused, because others read different addresses out of them.
 */
export function parseAddress(text: string): string | null {
  return parse(text)?.toString() ?? null
}

/** The longest address, with brackets, port and room for a zone. */
const maxTextLength = 128

function parse(text: string): Address | null {
  if (text.length > maxTextLength) return null
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1]
  if (bracketed !== undefined) return parseIPv6(bracketed)
  return parseIPv4(text.replace(/:\d{1,5}$/, '')) ?? parseIPv6(text)
}

// By itself ipaddr.js takes octal, hexadecimal and short forms for addresses.
function parseIPv4(text: string): ipaddr.IPv4 | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : null
}

function parseIPv6(text: string): Address | null {
  const groups = withoutDottedQuad(text.replace(/%.*$/s, ''))
  if (groups === null || !ipaddr.IPv6.isValid(groups)) return null
  const address = ipaddr.IPv6.parse(groups)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

/**
 * Writes the last 32 bits as groups where they are a dotted quad (RFC 4291 §2.2): ipaddr.js takes
 * octal and hexadecimal there, and `::1.2.3.4` for IPv4-mapped.
 */
function withoutDottedQuad(text: string): string | null {
  if (!text.includes('.')) return text
  const start = text.lastIndexOf(':') + 1
  const quad = parseIPv4(text.slice(start))
  if (quad === null) return null
  const [a = 0, b = 0, c = 0, d = 0] = quad.octets
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

function parseNetwork(text: string): Network | null {
  const [address = '', bits, ...rest] = String(text).split('/')
  const parsed = parse(address)
  if (parsed === null || rest.length > 0) return null
  const most = parsed.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [parsed, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [parsed, Number(bits)] : null
}

const nat64 = ipaddr.IPv6.parse('64:ff9b::')

function networkOf(address: Address, prefix: number): string {
  if (address.kind() === 'ipv4') return address.toString()
  const bytes = address.toByteArray()
  // Everybody behind a NAT64 is in one /64; the last four bytes are their own (RFC 6052 §2.1).
  if (address.match(nat64, 96)) return ipaddr.fromByteArray(bytes.slice(12)).toString()
  for (let bit = prefix; bit < 128; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7))
  }
  return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`
}
