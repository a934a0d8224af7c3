/**
 * What the lanes of the lockout are called in the storage, what their logs call networks and
 * passwords, and by which numbers each is read.
 *
 * The strangers' lanes are named under a key that is made of the first secret, with and without an
 * account alike: another secret begins all of them anew, and none of them can tell whether it has
 * an account by what it remembers.
 */
import type { KeyObject } from 'node:crypto'
import { deriveMacKey, hmacSha256 } from '../crypto.ts'
import { maxLoginSeconds } from '../options/durations.ts'
import type { StorageKeys } from '../storage/keys.ts'
import type { UserScope } from '../users/store.ts'
import type { LaneRules } from './judgement.ts'
import type { Lane } from './lane.ts'
import type { LockoutSettings } from './lockout-settings.ts'

/**
 * The longest log of one account, or of the names without one that share it: so many entries ...
 */
const logCap = 400
/** ... or so many times `maxFailures`, or an account could never be closed. */
const logCapInFailures = 4
/** In how many logs names without an account are kept. */
const namelessLogs = 2 ** 18

export class LaneNames {
  /** Those of strangers. */
  readonly rules: LaneRules
  readonly #cap: number
  readonly #keys: StorageKeys
  readonly #macKey: KeyObject

  constructor(
    settings: LockoutSettings,
    { keys, secrets }: { keys: StorageKeys; secrets: readonly string[] },
  ) {
    this.#keys = keys
    this.#macKey = deriveMacKey(secrets[0] as string, 'lockout')
    this.#cap = Math.max(logCap, logCapInFailures * settings.maxFailures)
    this.rules = {
      perWindow: settings.maxAttempts,
      windowMs: settings.window * 1000,
      baseLockMs: settings.baseLock * 1000,
      maxLockMs: settings.maxLock * 1000,
      fromOneSite: settings.maxPerNetwork,
      // So that they close nothing for those whose address is known.
      fromUnknown: settings.maxFailures - 2 * settings.maxPerNetwork,
      together: settings.maxFailures,
      horizonMs: settings.horizon * 1000,
      hasHiddenLook: true,
    }
  }

  /** Strangers at an account. */
  accountLane(scope: UserScope, account: string): Lane {
    const key = this.#keys(scope, 'login-account', this.#mac('account', account))
    return { key, rules: this.rules, cap: this.#cap, forgives: 'few' }
  }

  /**
   * Strangers at a name without an account: it has a place in one of the logs that all such names
   * share, where its entries have this tag.
   */
  namelessLane(scope: UserScope, typed: string): { readonly lane: Lane; readonly tag: string } {
    const digest = this.#mac('name', this.#keys(scope, 'name', typed))
    const bytes = Buffer.from(digest.slice(-8), 'base64url')
    const log = bytes.readUInt32BE(0) % namelessLogs
    const key = this.#keys({}, 'login-names', log.toString(36))
    return {
      lane: { key, rules: this.rules, cap: this.#cap, forgives: 'few' },
      tag: digest.slice(0, 6),
    }
  }

  deviceLane(scope: UserScope, device: string): Lane {
    const { together } = this.rules
    return {
      key: this.#keys(scope, 'login-device', device),
      rules: { ...this.rules, fromOneSite: together, hasHiddenLook: false },
      cap: together,
      forgives: 'all',
    }
  }

  /** A login may ask for as long as it lives, but a hundred wrong ones are the last of it. */
  loginLane(scope: UserScope, login: string): Lane {
    const { together } = this.rules
    const horizonMs = maxLoginSeconds * 1000
    return {
      key: this.#keys(scope, 'login-confirmations', login),
      rules: { ...this.rules, fromOneSite: together, horizonMs, hasHiddenLook: false },
      cap: together,
      forgives: 'none',
    }
  }

  /** What a log calls a network or a site; empty for one that is unknown. */
  tag(kind: 'network' | 'site', text: string | null): string {
    return text === null ? '' : this.#mac(kind, text).slice(0, 5)
  }

  /** Says of a wrong password only whether it is the same one, against the same stored hash. */
  note(guess: {
    readonly account: string | null
    readonly typed: string
    readonly against: string
    readonly password: string
  }): string {
    const { account, typed, against, password } = guess
    return this.#mac('password', JSON.stringify([account ?? typed, against, password])).slice(0, 8)
  }

  #mac(kind: string, text: string): string {
    return hmacSha256(this.#macKey, `${kind}:${text}`)
  }
}
