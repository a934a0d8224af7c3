/**
 * Sign-in by an ID token that the platform gave to an application (Sign in with Apple on iOS,
 * Google on Android, One Tap on a page), or by a code that the application got from the provider
 * itself; which ends in tokens.
 *
 * Either counts with a nonce of ours: good for one use and ten minutes, and only together with the
 * verifier of who asked for it, so that a token or a code that leaks is worth nothing to anybody
 * else. An access token is never taken: it says what may be done, not who somebody is.
 *
 * A code needs a provider with both, code challenge and nonce. Whether there was a challenge in a
 * request that we did not make, only the provider knows, and some take any verifier where there was
 * none (PKCE downgrade, RFC 9700 §2.1.1): then the nonce of the ID token is what binds the code.
 * At all others `/authorize` with a redirect URI does the same, whose request is ours.
 */
import { createHash } from 'node:crypto'
import type { Carrier } from '../../credentials/carrier.ts'
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { isInstant, isText, type ReadRecord, recordReader } from '../../storage/records.ts'
import type { Arrivals } from './arrivals.ts'
import { type ProviderClient, ProviderFailure, type ProviderTokens } from './client.ts'
import { clientRedirect } from './client-redirects.ts'
import { OAuthRefusal } from './errors.ts'
import type { ProvidedIdentity } from './profile.ts'
import type { ProviderTokenStore } from './provider-tokens.ts'
import type { WebSignIn } from './web-sign-in.ts'

/** Seconds. */
export const nonceLifetime = 600

interface StoredNonce {
  readonly provider: string
  /** SHA-256 of the client's verifier (RFC 7636 §4.2). */
  readonly challenge: string
  readonly audience: string
  readonly expiresAt: number
}

const nonceShape = { provider: isText, challenge: isText, audience: isText, expiresAt: isInstant }

/** What an application sends. */
export interface PlatformToken {
  readonly id_token?: string | undefined
  /** Instead of the ID token, with its redirect URI. */
  readonly code?: string | undefined
  readonly redirect_uri?: string | undefined
  readonly client_id?: string | undefined
  readonly iss?: string | undefined
  readonly nonce: string
  readonly code_verifier: string
  readonly device_token?: string | undefined
}

export interface NativeParts {
  readonly house: House
  readonly arrivals: Arrivals
  readonly web: WebSignIn
  readonly carrier: Carrier
  /** Those that are listed. */
  readonly redirects: readonly string[]
  /** `null` where no tokens are kept. */
  readonly kept: ProviderTokenStore | null
}

export class NativeSignIn {
  readonly #house: House
  readonly #arrivals: Arrivals
  readonly #web: WebSignIn
  readonly #carrier: Carrier
  readonly #redirects: readonly string[]
  readonly #kept: ProviderTokenStore | null
  readonly #read: ReadRecord<StoredNonce>

  constructor({ house, arrivals, web, carrier, redirects, kept }: NativeParts) {
    this.#house = house
    this.#arrivals = arrivals
    this.#web = web
    this.#carrier = carrier
    this.#redirects = redirects
    this.#kept = kept
    this.#read = recordReader<StoredNonce>('oauth-nonce', nonceShape, house.emit)
  }

  /**
   * @throws AuthError `oauth_provider_unknown`, `oauth_failed` (400), `storage_unavailable` (503).
   */
  async nonce(exchange: Exchange, provider: string, challenge: string): Promise<Reply> {
    this.#client(provider)
    const { storage, clock, random, audiences } = this.#house
    const nonce = randomToken(random, 32)
    const record: StoredNonce = {
      provider,
      challenge,
      audience: audiences[0] ?? '',
      expiresAt: clock() + nonceLifetime * 1000,
    }
    const key = this.#key(exchange, nonce)
    await this.#stored(storage.set(key, JSON.stringify(record), nonceLifetime))
    return { status: 200, body: { nonce, expires_in: nonceLifetime } }
  }

  /**
   * @throws AuthError `oauth_provider_unknown`, `oauth_state_invalid` for a nonce that is unknown,
   *   used, expired, or of another client, `oauth_redirect_invalid`, `oauth_failed` for a token or
   *   a code that does not count, and those of the linking rules (400); what a sign-in throws.
   */
  async signIn(exchange: Exchange, provider: string, sent: PlatformToken): Promise<Reply> {
    const client = this.#client(provider)
    const { accounts, signIn, clock } = this.#house
    try {
      await this.#redeem(exchange, provider, sent)
      const { identity, tokens } = await this.#answered(client, provider, sent)
      const named = this.#web.named(provider, identity)
      const row = await this.#arrivals.accountOf(exchange, provider, identity, named)
      const place = {
        exchange,
        scope: exchange.scope,
        ...(sent.device_token === undefined ? {} : { deviceToken: sent.device_token }),
      }
      const userId = accounts.id(row)
      const carries = tokens && this.#kept?.carried(exchange.scope, userId, named, tokens)
      const proof = { method: 'provider', row, provenAt: clock(), carries } as const
      const { usualOptions } = this.#carrier
      const { body } = await signIn.complete(place, proof, this.#carrier, usualOptions)
      return { status: 200, body }
    } catch (error) {
      throw this.#web.errorOf(exchange, provider, error)
    }
  }

  /** @throws OAuthRefusal, ProviderFailure */
  async #answered(
    client: ProviderClient,
    provider: string,
    { id_token: idToken, code = '', redirect_uri: redirectUri = '', nonce, ...sent }: PlatformToken,
  ): Promise<{ identity: ProvidedIdentity; tokens?: ProviderTokens }> {
    const wanted = nonces(client, nonce)
    if (idToken !== undefined) return { identity: await client.identify(idToken, wanted) }
    if (clientRedirect(redirectUri, this.#redirects) === null) {
      throw new OAuthRefusal('redirect_invalid', provider)
    }
    const { client_id: clientId, iss, code_verifier: verifier } = sent
    return client.redeem({ code, redirectUri, clientId, iss, verifier }, wanted)
  }

  /** @throws OAuthRefusal */
  async #redeem(
    exchange: Exchange,
    provider: string,
    { nonce, code_verifier: verifier }: PlatformToken,
  ): Promise<void> {
    const { storage, clock, audiences } = this.#house
    const record = this.#read(await this.#stored(storage.take(this.#key(exchange, nonce))))
    const isOurs =
      record !== null &&
      record.provider === provider &&
      audiences.includes(record.audience) &&
      record.expiresAt > clock() &&
      equalInConstantTime(sha256(verifier), record.challenge)
    if (!isOurs) throw new OAuthRefusal('state_invalid', provider)
  }

  #client(provider: string): ProviderClient {
    const client = this.#web.client(provider)
    if (client.provider.idToken !== null) return client
    throw new OAuthRefusal('provider_invalid', provider).answer()
  }

  #key({ scope }: Exchange, nonce: string): string {
    return this.#house.keys(scope, 'oauth-nonce', sha256(nonce))
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#house.emit, work)
  }
}

/** What the token may carry: the nonce, or its SHA-256 where the platform's own code sends that. */
function nonces({ provider }: ProviderClient, nonce: string): string[] {
  if (provider.idToken?.nonce !== true) {
    throw new ProviderFailure('invalid', 'the provider puts no nonce into its ID tokens')
  }
  const hashed = createHash('sha256').update(nonce).digest('hex')
  return provider.idToken.hashedNonce ? [nonce, hashed] : [nonce]
}
