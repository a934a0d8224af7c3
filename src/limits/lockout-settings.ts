/**
 * The numbers of the lockout: five attempts per minute and locks from a minute to an hour, as in
 * the Python original, and the long horizon, which it does not have.
 */

import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { oneOf, whole } from '../options/option.ts'

/** How many wrong passwords are checked, and how long a lock lasts. */
export interface LockoutOptions {
  /** Attempts per window and account, typed identifier or known device. Default 5. */
  maxAttempts?: number
  /** Attempts per window and client network; successes do not count. Default 5. */
  maxAttemptsPerAddress?: number
  /** The window, in seconds; it begins with its first attempt. Default 60. */
  window?: number
  /** The length of the first lock, in seconds; each further one doubles. Default 60. */
  baseLock?: number
  /** The longest lock, in seconds. Default 3600. */
  maxLock?: number
  /** For how many seconds after a lock the next one still escalates. Default 3600. */
  retention?: number
  /**
   * Consecutive failures after which an account takes no more guesses from unknown browsers.
   * Default 100.
   */
  maxConsecutiveFailures?: number
  /** For how many seconds consecutive failures are remembered. Default 2592000 (30 days). */
  horizon?: number
  /** `observe` reports what would be refused, and lets it through. Default `enforce`. */
  mode?: 'enforce' | 'observe'
}

/** The options of `lockout`, each with its value or its default. */
export type LockoutSettings = Settled<LockoutOptions>

const day = 86_400

export const lockoutOptions: Declaration<LockoutSettings> = declareOptions<LockoutSettings>(
  {
    maxAttempts: whole(5, { max: 1000 }),
    maxAttemptsPerAddress: whole(5, { max: 100_000 }),
    window: seconds(60, { max: day }),
    baseLock: seconds(60, { max: 30 * day }),
    maxLock: seconds(3600, { max: 30 * day }),
    retention: seconds(3600, { max: 60 * day }),
    maxConsecutiveFailures: whole(100, { max: 1_000_000 }),
    horizon: seconds(30 * day),
    mode: oneOf(['enforce', 'observe'], 'enforce'),
  },
  {
    write: (given) =>
      Number.isSafeInteger(given)
        ? `lockout: { maxAttempts: ${given} }`
        : "lockout: { mode: 'observe' } to have it report only",
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
        about: ['retention', 'window'],
        problems: ({ retention, window }) =>
          retention < window
            ? [
                `lockout.retention (${retention}) must not be less than lockout.window (${window}), or a lock would be forgotten within the window that caused it; write retention: ${window} or more`,
              ]
            : [],
      },
    ],
  },
)
