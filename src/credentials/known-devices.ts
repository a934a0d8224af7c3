/**
 * The cookie of a browser that has logged in before, and with it a budget of guesses of its own.
 *
 * It is not a credential: all it does is to keep a stranger's wrong guesses from locking the owner
 * out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). Each entry is a random
 * name for the browser, the day it was given and a MAC over both and the account with its epoch; which
 * account it belongs to cannot be read from it. What ends an account's credentials thus ends its known
 * devices, but for the browser that did it. A browser keeps entries for its few latest accounts.
 */
import { deriveKey, equalInConstantTime, hmacSha256, type Random, randomToken } from '../crypto.ts'
import type { StorageKeys } from '../storage/keys.ts'
import type { CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'

/** Browsers keep no cookie longer than this (RFC 6265bis §5.5). */
export const knownDeviceSeconds: number = 400 * 86400

const entriesPerBrowser = 4
const entryPattern = /^[\w-]{22}\.[0-9a-z]{1,8}\.[\w-]{43}$/

export class KnownDevices {
  readonly #macKeys: readonly Uint8Array[]
  readonly #keys: StorageKeys
  readonly #clock: () => number
  readonly #random: Random

  constructor(
    secrets: readonly string[],
    parts: { keys: StorageKeys; clock: () => number; random: Random },
  ) {
    this.#macKeys = secrets.map((secret) => deriveKey(secret, 'known device'))
    this.#keys = parts.keys
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** The browser's name for this account, or `null` when it has not logged in to it before. */
  recognise(scope: UserScope, cookie: string | undefined, owner: CredentialOwner): string | null {
    for (const entry of entries(cookie)) {
      const [name = '', day = '', mac = ''] = entry.split('.')
      if (this.#today() - Number.parseInt(day, 36) > knownDeviceSeconds / 86400) continue
      const text = this.#text(scope, name, day, owner)
      // Every key is tried, so that the time does not tell which one matched.
      const matches = this.#macKeys.map((key) => equalInConstantTime(hmacSha256(key, text), mac))
      if (matches.includes(true)) return name
    }
    return null
  }

  /** The cookie's new value after a login to this account. */
  remember(scope: UserScope, cookie: string | undefined, owner: CredentialOwner): string {
    const name = this.recognise(scope, cookie, owner) ?? randomToken(this.#random, 16)
    return this.#issue(scope, cookie, name, owner)
  }

  /**
   * The cookie's new value after the account's epoch rose at this browser's request; `null` for one that
   * was not known.
   */
  renew(
    scope: UserScope,
    cookie: string | undefined,
    before: CredentialOwner,
    epoch: number,
  ): string | null {
    const name = this.recognise(scope, cookie, before)
    return name === null ? null : this.#issue(scope, cookie, name, { ...before, epoch })
  }

  #issue(
    scope: UserScope,
    cookie: string | undefined,
    name: string,
    owner: CredentialOwner,
  ): string {
    const day = this.#today().toString(36)
    const mac = hmacSha256(this.#macKeys[0] as Uint8Array, this.#text(scope, name, day, owner))
    const others = entries(cookie).filter((entry) => !entry.startsWith(`${name}.`))
    return [`${name}.${day}.${mac}`, ...others].slice(0, entriesPerBrowser).join('~')
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
