/**
 * The client's address, read as the library reads it: parsed, through trusted proxies only.
 */
import {
  type ClientAddress,
  clientAddressReader,
  ipv6PrefixOption,
  ipv6SitePrefixOption,
  type TrustedProxies,
  type TrustedProxySettings,
  trustedProxiesOptions,
} from '../http/client-address.ts'
import { declareOptions, group, settled } from '../options/declare.ts'

export type { ClientAddress, TrustedProxies }

/** The options of `clientAddress()`: those of `crudAuth()` of the same names. */
export interface ClientAddressOptions {
  /** The proxies in front of the server. Default none: their headers are ignored. */
  trustedProxies?: TrustedProxies
  /** How many bits of an IPv6 address name one client. Default 64. */
  ipv6Prefix?: number
  /** How many bits of it name one site. Default 48. */
  ipv6SitePrefix?: number
}

interface Settings {
  readonly trustedProxies: TrustedProxySettings
  readonly ipv6Prefix: number
  readonly ipv6SitePrefix: number
}

const options = declareOptions<Settings>(
  {
    trustedProxies: group(trustedProxiesOptions),
    ipv6Prefix: ipv6PrefixOption,
    ipv6SitePrefix: ipv6SitePrefixOption,
  },
  { write: "clientAddress({ trustedProxies: { networks: ['10.0.0.0/8'] } })" },
)

/**
 * Makes a reader of client addresses, once for an application.
 *
 * @returns Takes the headers of a request and the address of its socket; returns who it is from, or
 *   `null` where nothing trustworthy says so.
 * @throws ConfigurationError for options that are none.
 *
 * @example
 * ```ts
 * const addressOf = clientAddress({ trustedProxies: { networks: ['10.0.0.0/8'] } })
 * const address = addressOf(request.headers, socket.remoteAddress)?.address
 * ```
 */
export function clientAddress(
  given: ClientAddressOptions = {},
): (headers: Headers, peer: string | undefined) => ClientAddress | null {
  return clientAddressReader(settled(options, given, 'clientAddress'))
}
