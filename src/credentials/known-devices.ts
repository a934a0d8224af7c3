/**
 * Known devices: browsers and clients that have logged in to an account before, each with a lane of
 * guesses of its own.
 *
 * A device token is not a credential: all it does is to keep a stranger's wrong guesses from
 * shutting the owner out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It is a
 * random name, which a browser keeps in a cookie and other clients beside their refresh token. The
 * storage has a list per account of the digests of the names that it knows, ten at most: whatever
 * is not in it, because it was forged, forgotten or pushed out, is a stranger. A change of the
 * password leaves the list alone, so that an owner's other devices are still known when it matters.
 */

import { type Random, randomToken, sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import { maxLoginSeconds } from '../options/durations.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn } from '../storage/outage.ts'
import type { Storage } from '../storage/storage.ts'
import { type Swap, swap } from '../storage/swap.ts'
import type { CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import { DeviceSeals, type NamedDevice, readDevices, withDevice } from './device-cookie.ts'
import { type Device, perAccount, readList, withoutIdle } from './device-list.ts'

export interface KnownDeviceParts {
  readonly storage: Storage
  readonly cookies: CookiePolicy
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly secrets: readonly string[]
  readonly emit: EventListener
}

/** A device that has just become known, or still is. */
export interface RememberedDevice {
  /** For a client that keeps it itself. */
  readonly token: string
  /** For a browser, a Set-Cookie value. */
  readonly cookie: string
}

/** Whose logins are still alive: a device in use is not pushed out by another one. */
export type AliveLogins = () => Promise<ReadonlySet<string>>

export class KnownDevices {
  readonly cookie: Cookie
  readonly #parts: KnownDeviceParts
  readonly #seals: DeviceSeals

  constructor(parts: KnownDeviceParts) {
    this.cookie = defineCookie(
      { name: 'known_device', httpOnly: true, prefix: true },
      parts.cookies,
    )
    this.#parts = parts
    this.#seals = new DeviceSeals(parts.secrets)
  }

  /** Whether a request comes from a browser that is known for some account. */
  isCarried(exchange: Exchange): boolean {
    return Boolean(exchange.cookie(this.cookie.name))
  }

  /**
   * Names the device in an account's list, as the lockout counts it; `null` for a stranger.
   *
   * @param account The account's id as text, or anything for a name that has none.
   * @param token What a client without cookies sent.
   */
  async recognise(exchange: Exchange, account: string, token?: string): Promise<string | null> {
    const found = await this.#known(exchange, account, token)
    return found?.device.tag ?? null
  }

  /**
   * Whether a request comes from a browser that logged in to any account before, and is known there
   * still. While the storage is down nobody is.
   */
  async isKnownAnywhere(exchange: Exchange): Promise<boolean> {
    const devices = readDevices(exchange.cookie(this.cookie.name))
    const found = devices.map((device) => this.#isInItsList(exchange.scope, device))
    const all = await orGoOn('known_device', this.#parts.emit, Promise.all(found), 'refused')
    return all?.includes(true) ?? false
  }

  async #isInItsList(scope: UserScope, device: NamedDevice): Promise<boolean> {
    for (const owner of this.#seals.candidates(device)) {
      const key = this.#keyOf(scope, owner)
      const list = readList(await this.#parts.storage.get(key))
      if (list.some(({ tag }) => tag === tagOf(key, device.name))) return true
    }
    return false
  }

  /**
   * Makes the client of a login known to the account, or notes that it came back. A list in which
   * every device is in use takes no new one.
   *
   * @param exchange `null` where no request asked.
   * @param login See `Principal.login`; empty for a registration.
   */
  async remember(
    exchange: Exchange | null,
    scope: UserScope,
    account: string,
    login: string,
    alive: AliveLogins,
    token?: string,
  ): Promise<RememberedDevice> {
    const known = exchange && (await this.#known(exchange, account, token))
    const name = known ? known.name : this.fresh()
    const work = this.#enter(scope, account, name, login, alive, known?.stored)
    await orGoOn('known_device', this.#parts.emit, work)
    const seal = this.#seals.seal(ownerOf(account), name)
    return { token: name, cookie: this.#cookie(exchange, { name, seal }) }
  }

  /** A name for a device that is not known anywhere yet. */
  fresh(): string {
    return randomToken(this.#parts.random, 16)
  }

  /** Whether a request comes from where the account was registered, under the epoch that it has. */
  async isRegistrant(
    exchange: Exchange,
    { id, epoch }: CredentialOwner,
    token?: string,
  ): Promise<boolean> {
    const found = await this.#find(exchange, id, token)
    return found?.device.registered === epoch
  }

  /** Begins the list of a new account with the device that registered it. Refuses nobody. */
  async enterRegistrant(
    scope: UserScope,
    { id, epoch }: CredentialOwner,
    name: string,
  ): Promise<void> {
    const { storage, clock, emit } = this.#parts
    // The only one: a primary key that is used again brings no device of its former owner along.
    const key = this.#key(scope, id)
    const device: Device = {
      tag: tagOf(key, name),
      used: clock(),
      cameBack: false,
      login: '',
      registered: epoch,
    }
    const entering = storage.set(key, JSON.stringify([device]), maxLoginSeconds)
    await orGoOn('known_device', emit, entering)
  }

  /** Forgets every device of an account. */
  async forget(scope: UserScope, account: string): Promise<void> {
    await this.#parts.storage.delete(this.#key(scope, account))
  }

  /**
   * Forgets every device of an account but the one that asks. A storage that is down refuses
   * nobody.
   */
  async forgetOthers(exchange: Exchange, account: string): Promise<void> {
    const { storage, emit } = this.#parts
    const key = this.#key(exchange.scope, account)
    const work = async () => {
      const asking = await this.#find(exchange, account)
      await swap(storage, key, (current) => {
        const kept = readList(current).filter(({ tag }) => tag === asking?.device.tag)
        return {
          value: current === null ? null : JSON.stringify(kept),
          ttl: maxLoginSeconds,
          result: null,
        }
      })
    }
    await orGoOn('known_device', emit, work())
  }

  /** What an account's list calls a device, as the lockout counts it. */
  tag(scope: UserScope, account: string, name: string): string {
    return tagOf(this.#key(scope, account), name)
  }

  /** The devices of an account, as the lockout counts them. */
  async tags(scope: UserScope, account: string): Promise<readonly string[]> {
    const list = readList(await this.#parts.storage.get(this.#key(scope, account)))
    return list.map(({ tag }) => tag)
  }

  /** As `#find`; while the storage is down everybody is a stranger. */
  #known(exchange: Exchange, account: string, token?: string) {
    return orGoOn('known_device', this.#parts.emit, this.#find(exchange, account, token), 'refused')
  }

  async #find(
    exchange: Exchange,
    account: string,
    token?: string,
  ): Promise<{
    readonly name: string
    readonly device: Device
    readonly stored: string | null
  } | null> {
    const carried = [...readDevices(token), ...readDevices(exchange.cookie(this.cookie.name))]
    const names = carried.map(({ name }) => name)
    if (names.length === 0) return null
    const key = this.#key(exchange.scope, account)
    const stored = await this.#parts.storage.get(key)
    const list = readList(stored)
    for (const name of names) {
      const tag = tagOf(key, name)
      const device = list.find((one) => one.tag === tag)
      if (device) return { name, device, stored }
    }
    return null
  }

  async #enter(
    scope: UserScope,
    account: string,
    name: string,
    login: string,
    alive: AliveLogins,
    seen: string | null | undefined,
  ): Promise<void> {
    const key = this.#key(scope, account)
    const tag = tagOf(key, name)
    const used = this.#parts.clock()
    const attempt = async (
      inUse: ReadonlySet<string> | null,
      read?: string | null,
    ): Promise<boolean> => {
      const change = (current: string | null): Swap<boolean> => {
        const list = readList(current)
        const known = list.find((one) => one.tag === tag)
        const others = list.filter((one) => one.tag !== tag)
        const isFull = others.length >= perAccount
        if (isFull && inUse === null) return { value: null, ttl: 0, result: false }
        const device: Device = { ...known, tag, used, cameBack: known !== undefined, login }
        const kept = isFull ? withoutIdle(others, inUse ?? new Set(), used) : others
        const next = kept.length < perAccount ? [...kept, device] : kept
        return { value: JSON.stringify(next), ttl: maxLoginSeconds, result: true }
      }
      return (await swap(this.#parts.storage, key, change, read)).result
    }
    // Asked only where somebody has to go; most accounts never have so many.
    if (!(await attempt(null, seen))) await attempt(await alive())
  }

  /**
   * The cookie that tells a browser a name that no account is known to have, a Set-Cookie value.
   */
  cookieOf(exchange: Exchange | null, name: string): string {
    return this.#cookie(exchange, { name, seal: '' })
  }

  #cookie(exchange: Exchange | null, device: NamedDevice): string {
    const carried = exchange?.cookie(this.cookie.name)
    return this.cookie.set(withDevice(carried, device), maxLoginSeconds)
  }

  #key(scope: UserScope, account: string): string {
    return this.#keyOf(scope, ownerOf(account))
  }

  #keyOf(scope: UserScope, owner: Uint8Array): string {
    return this.#parts.keys(scope, 'known-devices', Buffer.from(owner).toString('base64url'))
  }
}

/** Names an account in the key of its list. */
function ownerOf(account: string): Uint8Array {
  return Buffer.from(sha256(account), 'base64url').subarray(0, 16)
}

/** A digest that is of no use for another account. */
function tagOf(key: string, name: string): string {
  return sha256(`${key}:${name}`).slice(0, 22)
}
