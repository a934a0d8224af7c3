/**
 * The tokens of providers, for applications that act there in somebody's name: kept on request
 * only, encrypted, and ended with the identity.
 *
 * They are in the storage, under a key that is derived from the secret and bound to their place
 * there, so that a copy of the storage opens nothing and no record can be put in another's place;
 * and to the identity, so that they are nobody's once the account does not have it, or is another
 * one with its primary key.
 * What an earlier secret encrypted is read for as long as that secret is listed, and is absent
 * after that: the person signs in once more.
 *
 * They are kept when their owner is in. A sign-in that waits carries them along, encrypted as well.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Carried } from '../../credentials/proof.ts'
import { deriveKey, type Random } from '../../crypto.ts'
import type { Ground } from '../../feature.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { parsedJson } from '../../storage/records.ts'
import type { ProviderIdentity } from '../../users/identities.ts'
import type { UserScope } from '../../users/store.ts'
import { type ProviderClient, ProviderFailure, type ProviderTokens } from './client.ts'

/** How long they are kept after the last sign-in or refresh. Seconds. */
const lifetime = 90 * 86_400

/** A token that ends so soon is refreshed before it is handed out. Milliseconds. */
const soonMs = 30_000

const pauseMs = 25

type UserId = string | number | bigint

/** Where tokens are. */
interface Place {
  readonly key: string
  /** What they are encrypted for: the key, and who it is there. */
  readonly bound: string
}

/** What a sign-in carries. */
interface Arriving {
  readonly identity: ProviderIdentity
  readonly tokens: ProviderTokens
}

export class ProviderTokenStore {
  readonly #ground: Ground
  readonly #clients: ReadonlyMap<string, ProviderClient>
  readonly #timeoutMs: number
  readonly #keys: readonly Uint8Array[]

  constructor(ground: Ground, clients: ReadonlyMap<string, ProviderClient>, timeoutMs: number) {
    this.#ground = ground
    this.#clients = clients
    this.#timeoutMs = timeoutMs
    this.#keys = ground.secrets.map((secret) => deriveKey(secret, 'oauth tokens'))
  }

  /** @throws AuthError `storage_unavailable` (503). */
  async keep(
    scope: UserScope,
    userId: UserId,
    identity: ProviderIdentity,
    tokens: ProviderTokens,
  ): Promise<void> {
    const place = this.#place(scope, userId, identity)
    // Some hand out a refresh token at the first sign-in only.
    const before = tokens.refreshToken === null ? await this.#read(place) : null
    const refreshToken = tokens.refreshToken ?? before?.tokens.refreshToken ?? null
    const text = this.#encrypted(place, { ...tokens, refreshToken })
    await this.#stored(this.#ground.storage.set(place.key, text, lifetime))
  }

  /** Of a sign-in, which brings them to `arrived`. */
  carried(
    scope: UserScope,
    userId: UserId,
    identity: ProviderIdentity,
    tokens: ProviderTokens,
  ): Carried {
    const text = JSON.stringify({ identity, tokens } satisfies Arriving)
    return { feature: 'oauth', content: this.#sealed(this.#arrival(scope, userId), text) }
  }

  /**
   * What a sign-in carried, once its owner is in. An identity that the account has lost meanwhile
   * leaves nothing here.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async arrived(
    scope: UserScope,
    userId: UserId,
    content: string,
    linked: readonly ProviderIdentity[],
  ): Promise<void> {
    const opened = this.#unsealed(this.#arrival(scope, userId), content)
    if (opened === null) return
    const { identity, tokens } = parsedJson(opened) as Arriving
    const { bound } = this.#place(scope, userId, identity)
    const isStill = (one: ProviderIdentity) => this.#place(scope, userId, one).bound === bound
    if (linked.some(isStill)) await this.keep(scope, userId, identity, tokens)
  }

  /** @throws AuthError `storage_unavailable` (503). */
  async forget(scope: UserScope, userId: UserId, provider: string): Promise<void> {
    await this.#stored(this.#ground.storage.delete(this.#key(scope, userId, provider)))
  }

  /**
   * An access token that is good for half a minute at least; `null` where there is none, or none
   * any more. Of many callers, in whatever processes, one refreshes, and the others wait for it.
   *
   * @throws ProviderFailure where the provider does not answer; AuthError `storage_unavailable`
   *   (503).
   */
  async accessToken(
    scope: UserScope,
    userId: UserId,
    identity: ProviderIdentity,
  ): Promise<string | null> {
    const { storage, clock } = this.#ground
    const { provider } = identity
    const place = this.#place(scope, userId, identity)
    const lock = `${place.key}:refreshing`
    const first = await this.#read(place)
    for (let found = first; found !== null; found = await this.#read(place)) {
      const { accessToken, expiresAt, refreshToken } = found.tokens
      // What another one has just refreshed is taken as it is, however short it lives.
      const least = found.text === first?.text ? soonMs : 0
      if (expiresAt === null || expiresAt - clock() > least) return accessToken
      if (refreshToken === null) return null
      // The lock ends by itself, for a process that dies.
      if (!(await this.#stored(storage.add(lock, '1', this.#timeoutMs / 1000 + 5)))) {
        await wait(pauseMs)
        continue
      }
      try {
        // Another process may have refreshed it between our look and our lock.
        const now = await this.#read(place)
        if (now?.text !== found.text) continue
        await this.#refresh(place, provider, found.text, refreshToken)
        // Once, whatever came of it: some hand out tokens that end at once.
        const refreshed = await this.#read(place)
        return refreshed?.text === found.text ? null : (refreshed?.tokens.accessToken ?? null)
      } finally {
        await storage.delete(lock).catch(() => undefined)
      }
    }
    return null
  }

  /** Unless they were forgotten, or others came in, meanwhile: what was unlinked stays so. */
  async #refresh(
    place: Place,
    provider: string,
    text: string,
    refreshToken: string,
  ): Promise<void> {
    const { storage } = this.#ground
    const { key } = place
    const client = this.#clients.get(provider)
    if (client === undefined) return
    try {
      const tokens = await client.refresh(refreshToken)
      await this.#stored(storage.replace(key, this.#encrypted(place, tokens), lifetime, text))
    } catch (error) {
      if (!(error instanceof ProviderFailure) || error.reason === 'unavailable') throw error
      // The person took it back there, or it was used by somebody else.
      await this.#stored(storage.delete(key))
    }
  }

  async #read(place: Place): Promise<{ tokens: ProviderTokens; text: string } | null> {
    const text = await this.#stored(this.#ground.storage.get(place.key))
    const tokens = text === null ? null : this.#decrypted(place, text)
    return text === null || tokens === null ? null : { tokens, text }
  }

  #encrypted({ bound }: Place, tokens: ProviderTokens): string {
    return this.#sealed(bound, JSON.stringify(tokens))
  }

  #decrypted({ bound }: Place, text: string): ProviderTokens | null {
    const opened = this.#unsealed(bound, text)
    return opened === null ? null : (parsedJson(opened) as ProviderTokens)
  }

  #sealed(bound: string, text: string): string {
    const [secret = new Uint8Array(32)] = this.#keys
    return sealed(secret, bound, text, this.#ground.random)
  }

  #unsealed(bound: string, text: string): string | null {
    for (const secret of this.#keys) {
      const opened = unsealed(secret, bound, text)
      if (opened !== null) return opened
    }
    return null
  }

  /** For whom those are encrypted that a sign-in carries. It is no place in the storage. */
  #arrival(scope: UserScope, userId: UserId): string {
    return JSON.stringify(['arriving', this.#ground.keys(scope, 'oauth-tokens', String(userId))])
  }

  #place(scope: UserScope, userId: UserId, identity: ProviderIdentity): Place {
    const { provider, subject, issuer } = identity
    const key = this.#key(scope, userId, provider)
    // The provider's usual issuer may be said or not: it is the same identity.
    const isUsual = issuer === undefined || issuer === this.#clients.get(provider)?.provider.issuer
    return { key, bound: JSON.stringify([key, isUsual ? '' : issuer, subject]) }
  }

  #key(scope: UserScope, userId: UserId, provider: string): string {
    return this.#ground.keys(scope, 'oauth-tokens', `${provider}:${userId}`)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#ground.emit, work)
  }
}

/** AES-256-GCM, bound to a place; in base64url: nonce, tag, text. */
function sealed(secret: Uint8Array, place: string, text: string, random: Random): string {
  const nonce = random(12)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce)
  cipher.setAAD(Buffer.from(place))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** `null` for another secret, another place, or a text that was changed. */
function unsealed(secret: Uint8Array, place: string, text: string): string | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < 28) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(place))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}
