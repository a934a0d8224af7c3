/**
 * The cookie of a browser that has logged in before, and with it a budget of guesses of its own.
 *
 * It is not a credential: all it does is to keep a stranger's wrong guesses from locking the owner
 * out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). Each entry is a random name
 * for the browser, the day it was given and a MAC over both and the account with its epoch; which
 * account it belongs to cannot be read from it. What ends an account's credentials thus ends its
 * known devices, but for the browser that did it. A browser keeps entries for its few latest
 * accounts.
 */

import { deriveKey, equalInConstantTime, hmacSha256, type Random, randomToken } from '../crypto.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import { maxLoginSeconds } from '../options/durations.ts'
import type { StorageKeys } from '../storage/keys.ts'
import type { CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'

const lifetime = maxLoginSeconds

const entriesPerBrowser = 4
const entryPattern = /^[\w-]{22}\.[0-9a-z]{1,8}\.[\w-]{43}$/

export interface KnownDeviceParts {
  readonly secrets: readonly string[]
  readonly cookies: CookiePolicy
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
}

export class KnownDevices {
  readonly cookie: Cookie
  readonly #macKeys: readonly Uint8Array[]
  readonly #keys: StorageKeys
  readonly #clock: () => number
  readonly #random: Random

  constructor({ secrets, cookies, keys, clock, random }: KnownDeviceParts) {
    this.cookie = defineCookie({ name: 'known_device', httpOnly: true, prefix: true }, cookies)
    this.#macKeys = secrets.map((secret) => deriveKey(secret, 'known device'))
    this.#keys = keys
    this.#clock = clock
    this.#random = random
  }

  /** Whether a request comes from a browser that is known for some account. */
  isCarried(exchange: Exchange): boolean {
    return Boolean(exchange.cookie(this.cookie.name))
  }

  /** The browser's name for this account, or `null` when it has not logged in to it before. */
  recognise(exchange: Exchange, owner: CredentialOwner): string | null {
    for (const entry of entries(exchange.cookie(this.cookie.name))) {
      const [name = '', day = '', mac = ''] = entry.split('.')
      if (this.#today() - Number.parseInt(day, 36) > lifetime / 86_400) continue
      const text = this.#text(exchange.scope, name, day, owner)
      // Every key is tried, so that the time does not tell which one matched.
      const matches = this.#macKeys.map((key) => equalInConstantTime(hmacSha256(key, text), mac))
      if (matches.includes(true)) return name
    }
    return null
  }

  /** The cookie after a login to this account, a Set-Cookie value. */
  remember(exchange: Exchange, owner: CredentialOwner): string {
    const name = this.recognise(exchange, owner) ?? randomToken(this.#random, 16)
    return this.#issue(exchange, name, owner)
  }

  /**
   * The cookie after the account's epoch rose at this browser's request, a Set-Cookie value; `null`
   * for one that was not known.
   */
  renew(exchange: Exchange, before: CredentialOwner, epoch: number): string | null {
    const name = this.recognise(exchange, before)
    return name === null ? null : this.#issue(exchange, name, { ...before, epoch })
  }

  #issue(exchange: Exchange, name: string, owner: CredentialOwner): string {
    const day = this.#today().toString(36)
    const text = this.#text(exchange.scope, name, day, owner)
    const mac = hmacSha256(this.#macKeys[0] as Uint8Array, text)
    const others = entries(exchange.cookie(this.cookie.name)).filter(
      (entry) => !entry.startsWith(`${name}.`),
    )
    const value = [`${name}.${day}.${mac}`, ...others].slice(0, entriesPerBrowser).join('~')
    return this.cookie.set(value, lifetime)
  }

  #today(): number {
    return Math.floor(this.#clock() / 86_400_000)
  }

  // The namespace and the tenant are part of the text, by way of a storage key.
  #text(scope: UserScope, name: string, day: string, { id, epoch }: CredentialOwner): string {
    return this.#keys(scope, 'device', `${name}.${day}.${epoch}.${id}`)
  }
}

function entries(cookie: string | undefined): string[] {
  if (!cookie || cookie.length > 512) return []
  return cookie
    .split('~')
    .filter((entry) => entryPattern.test(entry))
    .slice(0, entriesPerBrowser)
}
