/**
 * Where a provider is asked: addresses that its file states, or that its issuer tells (OpenID
 * Connect Discovery 1.0), which are fetched at the first sign-in and kept for an hour.
 */
import * as oauth from 'oauth4webapi'
import { checkedUrl, type Outbound } from './outbound.ts'
import type { OAuthProvider } from './provider.ts'

const freshMs = 3_600_000

export class ProviderMetadata {
  readonly #provider: OAuthProvider
  readonly #fetch: Outbound
  readonly #clock: () => number
  #known: { readonly metadata: oauth.AuthorizationServer; readonly at: number } | null = null
  #loading: Promise<oauth.AuthorizationServer> | null = null

  constructor(provider: OAuthProvider, fetch: Outbound, clock: () => number) {
    this.#provider = provider
    this.#fetch = fetch
    this.#clock = clock
    const { endpoints, issuer } = provider
    if (endpoints === null) return
    const metadata: oauth.AuthorizationServer = {
      issuer,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
      ...(endpoints.keys === undefined ? {} : { jwks_uri: endpoints.keys }),
      ...(endpoints.userInfo === undefined ? {} : { userinfo_endpoint: endpoints.userInfo }),
    }
    this.#known = { metadata, at: Number.POSITIVE_INFINITY }
  }

  /** @throws what a request to a provider throws, and for metadata that cannot be used. */
  async get(): Promise<oauth.AuthorizationServer> {
    const known = this.#known
    if (known !== null && this.#clock() - known.at < freshMs) return known.metadata
    this.#loading ??= this.#discovered().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #discovered(): Promise<oauth.AuthorizationServer> {
    const { issuer, onPrivateNetwork } = this.#provider
    const url = new URL(issuer)
    const response = await oauth.discoveryRequest(url, requestOptions(this.#fetch))
    const metadata = await oauth.processDiscoveryResponse(url, response)
    // People are sent there: whatever else is asked is judged when it is asked.
    checkedUrl(String(metadata.authorization_endpoint), onPrivateNetwork)
    this.#known = { metadata, at: this.#clock() }
    return metadata
  }
}

/** How oauth4webapi makes its requests: by ours, which decides what is reached, TLS or not. */
export function requestOptions(fetch: Outbound) {
  return {
    [oauth.customFetch]: (url: string, options: oauth.CustomFetchOptions<string, unknown>) =>
      fetch(url, options),
    [oauth.allowInsecureRequests]: true,
  }
}
