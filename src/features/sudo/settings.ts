/**
 * Sudo: for how long a proof of identity counts, and how many wrong ones are looked at.
 */
import type { Principal } from '../../principal.ts'
import type { UserTypes } from '../../users/store.ts'

export interface SudoOptions<T extends UserTypes = UserTypes> {
  /** How long an elevation lasts, and the window in which attempts count, in seconds. Default 300. */
  windowSeconds?: number
  /** How many wrong passwords are looked at per account and window; the last one locks. Default 3. */
  maxAttempts?: number
  /** For how long the account's attempts are refused then, in seconds. Default 900. */
  lockoutSeconds?: number
  /** Mounts a route: `true` for `POST /sudo`, or a path of your own. Default `false`. */
  route?: boolean | string
  /**
   * Decides for an account that has no password: whether this request proves its owner anew, by a
   * fresh answer of an identity provider, a passkey, a code. Only `true` elevates. What it refuses
   * counts as a wrong password, and so does what it throws, which is answered as it is where it is an
   * `AuthError`, else with 500. Default: nobody.
   */
  withoutPassword?: (principal: Principal<T>, request: Request) => boolean | Promise<boolean>
}

export interface SudoSettings {
  readonly windowSeconds: number
  readonly maxAttempts: number
  readonly lockoutSeconds: number
  /** The path of the route, or `null` for none. */
  readonly route: string | null
  readonly withoutPassword: NonNullable<SudoOptions['withoutPassword']>
}

const defaults = { windowSeconds: 300, maxAttempts: 3, lockoutSeconds: 900 }

export function sudoSettings(options: SudoOptions): SudoSettings {
  const { route = false, withoutPassword = () => false, ...numbers } = options
  const path = typeof route === 'string' ? route : '/sudo'
  return { ...defaults, ...numbers, route: route === false ? null : path, withoutPassword }
}

/** What is wrong with sudo options, one sentence each. */
export function sudoProblems(options: SudoOptions, hasSessions: boolean): string[] {
  const problems: string[] = []
  if (!hasSessions) {
    problems.push('sudo needs the session transport; write transports: [session(), …]')
  }
  for (const name of ['windowSeconds', 'maxAttempts', 'lockoutSeconds'] as const) {
    const value: unknown = options[name] ?? defaults[name]
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      problems.push(`sudo.${name} must be a whole number of at least 1, such as ${defaults[name]}`)
    }
  }
  const { route = false, withoutPassword } = options as Record<string, unknown>
  if (typeof route !== 'boolean' && !(typeof route === 'string' && path.test(route))) {
    problems.push("sudo.route must be true, false or a path, such as '/account/sudo'")
  }
  if (withoutPassword !== undefined && typeof withoutPassword !== 'function') {
    problems.push('sudo.withoutPassword must be a function: (principal, request) => …')
  }
  return problems
}

const path = /^(\/[\w.~-]+)+$/
