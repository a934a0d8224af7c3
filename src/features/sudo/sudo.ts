/**
 * Sudo: for how long a proof of identity counts, and how many wrong ones are looked at.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { callback, seconds, whole } from '../../options/option.ts'
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

/** One segment of a path, or several, without parameters. */
const path = /^(\/[\w.~-]+)+$/

type Read = Settled<Omit<SudoOptions, 'route'>> & { readonly route: string | null }

export const sudoOptions: Declaration<Read> = declareOptions<Read>({
  windowSeconds: seconds(300, { max: 86_400 }),
  maxAttempts: whole(3, { max: 100 }),
  lockoutSeconds: seconds(900, { max: 30 * 86_400 }),
  route: {
    wanted: "true, false or a path, such as '/account/sudo'",
    range: "true, or a path such as '/account/sudo'",
    defaultText: 'false',
    judge(given, option) {
      if (typeof given === 'boolean') return { value: given ? '/sudo' : null, problems: [] }
      if (typeof given === 'string' && path.test(given)) return { value: given, problems: [] }
      const problem = `${option} must be true, false or a path, such as '/account/sudo'`
      return { value: null, problems: [problem] }
    },
    leftOut: () => ({ value: null, problems: [] }),
  },
  withoutPassword: callback('(principal, request) => …', () => false, 'nobody'),
})
