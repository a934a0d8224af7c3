/**
 * The numbers of the lockout. Five attempts a minute and locks from a minute to an hour are those
 * of the Python original; a hundred in thirty days is NIST SP 800-63B-4 §3.2.2; the rest was chosen
 * by simulation, see `docs/lockout.md`.
 */

import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { oneOf, whole } from '../options/option.ts'

/** How many wrong passwords are looked at, and how long a lock lasts. */
export interface LockoutOptions {
  /**
   * Wrong passwords within a window of one network, one known device or one login, against one
   * account. The last one locks. Default 5.
   */
  maxAttempts?: number
  /** The window, in seconds; it slides. Default 60. */
  window?: number
  /** The length of the first lock, in seconds; each further one doubles. Default 60. */
  baseLock?: number
  /** The longest lock, in seconds. Default 3600. */
  maxLock?: number
  /** Wrong passwords of one network against one account, within the horizon. Default 20. */
  maxPerNetwork?: number
  /**
   * Wrong passwords of all unknown browsers together against one account, within the horizon. Then
   * the account is closed to them. Default 100.
   */
  maxFailures?: number
  /** For how many seconds failures are remembered. Default 2592000 (30 days). */
  horizon?: number
  /**
   * Accounts that one network may fail at in a day, beside one for every ten accounts that lately
   * logged in from there. For a site of many networks (IPv6) it is four times as many. Default 10.
   */
  accountsPerNetwork?: number
  /**
   * Who gets into an account that is closed to unknown browsers, where no recovery can prove its
   * owner: `slow` looks at one attempt an hour, of whoever comes first; `close` at none. Default
   * `slow`.
   */
  withoutRecovery?: 'slow' | 'close'
  /** `observe` reports what would be refused, and lets it through. Default `enforce`. */
  mode?: 'enforce' | 'observe'
}

/** The options of `lockout`, each with its value or its default. */
export type LockoutSettings = Settled<LockoutOptions>

const day = 86_400

export const lockoutOptions: Declaration<LockoutSettings> = declareOptions<LockoutSettings>(
  {
    maxAttempts: whole(5, { max: 1000 }),
    window: seconds(60, { max: day }),
    baseLock: seconds(60, { max: 30 * day }),
    maxLock: seconds(3600, { max: 30 * day }),
    maxPerNetwork: whole(20, { max: 249 }),
    maxFailures: whole(100, { max: 1000 }),
    horizon: seconds(30 * day),
    accountsPerNetwork: whole(10, { max: 100_000 }),
    withoutRecovery: oneOf(['slow', 'close'], 'slow'),
    mode: oneOf(['enforce', 'observe'], 'enforce'),
  },
  {
    write: (given) =>
      Number.isSafeInteger(given)
        ? `lockout: { maxAttempts: ${given} }`
        : "lockout: { mode: 'observe' } to have it report only",
    elsewhere: {
      enabled: "write mode: 'observe' to have it report only",
      max: 'write maxAttempts: 5',
      maxAttemptsPerAddress:
        'write accountsPerNetwork: 10: networks are bounded by the accounts that they fail at',
      duration: 'write baseLock: 60, in seconds',
    },
    rules: [
      {
        about: ['maxLock', 'baseLock'],
        problems: ({ maxLock, baseLock }) =>
          maxLock < baseLock
            ? [
                `lockout.maxLock (${maxLock}) must not be less than lockout.baseLock (${baseLock}); write maxLock: ${baseLock} or more`,
              ]
            : [],
      },
      {
        about: ['maxPerNetwork', 'maxAttempts'],
        problems: ({ maxPerNetwork, maxAttempts }) =>
          maxPerNetwork < maxAttempts
            ? [
                `lockout.maxPerNetwork (${maxPerNetwork}) must not be less than lockout.maxAttempts (${maxAttempts}), which one network may use in one window; write maxPerNetwork: ${maxAttempts} or more`,
              ]
            : [],
      },
      {
        about: ['maxFailures', 'maxPerNetwork'],
        problems: ({ maxFailures, maxPerNetwork }) =>
          maxFailures <= 4 * maxPerNetwork
            ? [
                `lockout.maxFailures (${maxFailures}) must be more than four times lockout.maxPerNetwork (${maxPerNetwork}), or four networks could close an account to everybody else; write maxFailures: ${4 * maxPerNetwork + 1} or more`,
              ]
            : [],
      },
      {
        about: ['horizon', 'window'],
        problems: ({ horizon, window }) =>
          horizon < window
            ? [
                `lockout.horizon (${horizon}) must not be less than lockout.window (${window}); write horizon: ${window} or more`,
              ]
            : [],
      },
    ],
  },
)
