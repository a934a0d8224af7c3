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

/** Which of these logins are still alive: a device in use is not pushed out by another one. */
export type AliveLogins = (logins: readonly string[]) => Promise<ReadonlySet<string>>

/** What a request saw of an account's list. */
interface Look {
  readonly key: string
  /** What a client without cookies sent. */
  readonly token: string | undefined
  readonly stored: string | null
  /** The device of the request, if it is in the list. */
  readonly found: { readonly name: string; readonly device: Device } | null
}

/** A login that is entered into an account's list. */
interface Entry {
  readonly scope: UserScope
  readonly account: string
  readonly login: string
  readonly alive: AliveLogins
}

type Entering =
  | { readonly is: 'done' }
  /** It had to be in the list, and is not. */
  | { readonly is: 'gone' }
  /** Somebody has to go: these are the logins of all of them. */
  | { readonly is: 'full'; readonly logins: readonly string[] }

export class KnownDevices {
  readonly cookie: Cookie
  readonly #parts: KnownDeviceParts
  readonly #seals: DeviceSeals
  /** What a request's look at a list found, until its login is entered there. */
  readonly #looks: WeakMap<Exchange, Look> = new WeakMap()

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
    const look = await this.#known(exchange, account, token)
    return look?.found?.device.tag ?? null
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
    const look = exchange && (await this.#lookOnce(exchange, account, token))
    let name = look?.found?.name
    const enter = async () => {
      const entry = { scope, account, login, alive }
      if (name !== undefined && (await this.#enter(entry, name, look?.stored, true))) return
      // It is a stranger, or was forgotten since it was recognised.
      name = this.fresh()
      await this.#enter(entry, name, look?.found ? undefined : look?.stored)
    }
    await orGoOn('known_device', this.#parts.emit, enter())
    name ??= this.fresh()
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
    const look = await this.#find(exchange, id, token)
    return look?.found?.device.registered === epoch
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
      const asking = (await this.#find(exchange, account))?.found
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

  /** What the request saw of the list when it was recognised; else what it sees now. */
  async #lookOnce(exchange: Exchange, account: string, token?: string): Promise<Look | null> {
    const seen = this.#looks.get(exchange)
    this.#looks.delete(exchange)
    const isOfIt = seen?.key === this.#key(exchange.scope, account) && seen.token === token
    return isOfIt ? seen : ((await this.#known(exchange, account, token)) ?? null)
  }

  /** `null` for a request without the name of any device. */
  async #find(exchange: Exchange, account: string, token?: string): Promise<Look | null> {
    const carried = [...readDevices(token), ...readDevices(exchange.cookie(this.cookie.name))]
    if (carried.length === 0) return null
    const key = this.#key(exchange.scope, account)
    const stored = await this.#parts.storage.get(key)
    const devices = new Map(readList(stored).map((device) => [device.tag, device]))
    const found = carried.flatMap(({ name }) => {
      const device = devices.get(tagOf(key, name))
      return device ? [{ name, device }] : []
    })[0]
    const look = { key, token, stored, found: found ?? null }
    this.#looks.set(exchange, look)
    return look
  }

  /**
   * Enters a device into a list, or notes that it came back. `false` for one that had to be in it
   * and is not.
   *
   * @param seen The list as it was read; `undefined` where it was not.
   */
  async #enter(
    { scope, account, login, alive }: Entry,
    name: string,
    seen: string | null | undefined,
    isKnown: boolean = false,
  ): Promise<boolean> {
    const key = this.#key(scope, account)
    const tag = tagOf(key, name)
    const used = this.#parts.clock()
    const attempt = async (
      isInUse: ((login: string) => boolean) | null,
      read?: string | null,
    ): Promise<Entering> => {
      const change = (current: string | null): Swap<Entering> => {
        const list = readList(current)
        const known = list.find((one) => one.tag === tag)
        const others = list.filter((one) => one.tag !== tag)
        const isFull = others.length >= perAccount
        if (isKnown && known === undefined) return { value: null, ttl: 0, result: { is: 'gone' } }
        if (isFull && isInUse === null) {
          const logins = others.map((one) => one.login)
          return { value: null, ttl: 0, result: { is: 'full', logins } }
        }
        const device: Device = { ...known, tag, used, cameBack: known !== undefined, login }
        const kept = isFull && isInUse ? withoutIdle(others, isInUse, used) : others
        const next = kept.length < perAccount ? [...kept, device] : kept
        return { value: JSON.stringify(next), ttl: maxLoginSeconds, result: { is: 'done' } }
      }
      return (await swap(this.#parts.storage, key, change, read)).result
    }
    const first = await attempt(null, seen)
    if (first.is !== 'full') return first.is === 'done'
    // Asked only where somebody has to go; most accounts never have so many.
    const { logins } = first
    const living = await alive(logins.filter((one) => one !== ''))
    // One that came to the list meanwhile was not asked about.
    const last = await attempt((one) => living.has(one) || !logins.includes(one))
    return last.is === 'done'
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
