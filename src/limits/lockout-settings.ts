/**
 * The numbers of the lockout: the contract's (§9.1), and those that the long horizon adds.
 */

export interface LockoutOptions {
  /** Attempts per window and account (and device, and typed identifier). Default 5. */
  maxAttempts?: number
  /** Attempts per window and client network; a success gives its own attempt back. Default 5. */
  maxAttemptsPerAddress?: number
  /** The window, in seconds, from its first attempt. Default 60. */
  windowSeconds?: number
  /** The first lock, in seconds; each further one doubles. Default 60. */
  baseLockSeconds?: number
  /** The longest lock, in seconds. Default 3600. */
  maxLockSeconds?: number
  /** How long after a lock the next one still escalates, in seconds. Default 3600. */
  retentionSeconds?: number
  /** Consecutive failures after which an account takes no more guesses. Default 100. */
  maxConsecutiveFailures?: number
  /** How long consecutive failures are remembered, in seconds. Default 2592000 (30 days). */
  horizonSeconds?: number
  /** `observe` reports what would be refused and lets it through. Default `enforce`. */
  mode?: 'enforce' | 'observe'
}

export type LockoutSettings = Required<LockoutOptions>

export const lockoutDefaults: LockoutSettings = {
  maxAttempts: 5,
  maxAttemptsPerAddress: 5,
  windowSeconds: 60,
  baseLockSeconds: 60,
  maxLockSeconds: 3600,
  retentionSeconds: 3600,
  maxConsecutiveFailures: 100,
  horizonSeconds: 30 * 86400,
  mode: 'enforce',
}

/** What is wrong with lockout options, one sentence each. */
export function lockoutProblems(options: LockoutOptions): string[] {
  const settings = { ...lockoutDefaults, ...options }
  const problems: string[] = []
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'mode') continue
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
      problems.push(`lockout.${name} must be a whole number of at least 1`)
    }
  }
  if (settings.mode !== 'enforce' && settings.mode !== 'observe') {
    problems.push("lockout.mode must be 'enforce' or 'observe'")
  }
  if (settings.maxLockSeconds < settings.baseLockSeconds) {
    problems.push('lockout.maxLockSeconds must not be less than lockout.baseLockSeconds')
  }
  if (settings.retentionSeconds < settings.windowSeconds) {
    problems.push(
      'lockout.retentionSeconds must not be less than lockout.windowSeconds, or a lock would be forgotten within the window that caused it',
    )
  }
  return problems
}
