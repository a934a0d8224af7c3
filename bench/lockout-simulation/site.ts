/**
 * A site under simulation: the library's own lockout and known devices over the memory storage,
 * with a clock that is moved and no hashing, so that a month of a large site takes seconds.
 */
import { KnownDevices } from '../../src/credentials/known-devices.ts'
import { secureRandom } from '../../src/crypto.ts'
import { AuthError } from '../../src/errors.ts'
import type { Guess } from '../../src/limits/guess.ts'
import { Lockout } from '../../src/limits/lockout.ts'
import { lockoutOptions } from '../../src/limits/lockout-settings.ts'
import { storageKeys } from '../../src/storage/keys.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** Where somebody is. */
export interface Place {
  readonly network: string
  readonly site: string
}

/** One attempt at a name. Names that begin with `-` have no account. */
export interface Attempt extends Place {
  readonly name: string
  /** `right` is the account's password. */
  readonly password: string
  /** The device token that is sent along. */
  readonly device?: string | undefined
}

export type Outcome = 'in' | 'wrong' | 'refused'

export interface Answer {
  readonly outcome: Outcome
  readonly retryAfter: number
}

export class Site {
  now: number = Date.UTC(2026, 0, 5)
  /** Passwords that were looked at, by name, and were wrong. */
  readonly evaluated: Map<string, number> = new Map()
  readonly #lockout: Lockout
  readonly #devices: KnownDevices
  readonly #keys = storageKeys('simulation')
  readonly storage: Storage

  constructor(options: { readonly hasRecovery?: boolean; readonly settings?: object } = {}) {
    const clock = () => this.now
    this.storage = memoryStorage({ clock })
    const parts = {
      // Long enough for everything that happens meanwhile: nothing here waits for a disk or a
      // network.
      pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
      storage: this.storage,
      keys: this.#keys,
      clock,
      emit: () => undefined,
      secrets: ['simulation'],
      random: secureRandom,
      cookies: { secure: true, sameSite: 'lax', path: '/', domain: undefined } as never,
    }
    const { settings } = lockoutOptions.read(options.settings ?? {}, 'lockout')
    this.#lockout = new Lockout(settings, parts)
    this.#devices = new KnownDevices(parts)
    this.#hasRecovery = options.hasRecovery ?? false
    if (this.#hasRecovery) this.#lockout.learnRecovery()
  }

  readonly #hasRecovery: boolean

  /** What `/login` does, without the hash. */
  async login({ name, password, network, site, device }: Attempt): Promise<Answer> {
    const account = name.startsWith('-') ? null : name
    const known = device === undefined ? null : await this.#known(name, device)
    const guess: Guess = {
      userId: account,
      account,
      typed: name,
      network,
      site,
      device: known,
      against: '',
      password,
      isReachable: this.#hasRecovery,
    }
    try {
      const attempt = await this.#lockout.attempt({}, guess)
      if (attempt.isRepeat) return { outcome: 'wrong', retryAfter: 0 }
      return await attempt.evenly(async () => {
        if (account !== null && password === 'right' && !attempt.isDecoy) {
          await attempt.succeeded()
          return { outcome: 'in', retryAfter: 0 } as const
        }
        if (!attempt.isDecoy) this.evaluated.set(name, (this.evaluated.get(name) ?? 0) + 1)
        const hidden = await attempt.failed()
        if (hidden) throw hidden
        return { outcome: 'wrong', retryAfter: 0 } as const
      })
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return { outcome: 'refused', retryAfter: Number(error.headers['Retry-After']) }
    }
  }

  /** Makes a device known, as a login does; returns its token. */
  async device(name: string): Promise<string> {
    const { token } = await this.#devices.remember(null, {}, name, '', async () => new Set())
    return token
  }

  /** What the link of a message does: opens the account, and makes the browser known. */
  async unlock(name: string): Promise<string> {
    await this.#lockout.open({}, name)
    return this.device(name)
  }

  get hasRecovery(): boolean {
    return this.#hasRecovery
  }

  async #known(name: string, device: string): Promise<string | null> {
    const tags = await this.#devices.tags({}, name)
    const tag = this.#devices.tag({}, name, device)
    return tags.includes(tag) ? tag : null
  }
}
