/**
 * `sudo()`: for a while, a session may do what needs its owner to have just proven themselves once
 * more.
 */
import type { Company, Feature, Ground, HandleKind, Wired } from '../../feature.ts'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { seconds } from '../../options/durations.ts'
import { callback, whole } from '../../options/option.ts'
import type { Principal } from '../../principal.ts'
import type { UserTypes } from '../../users/store.ts'
import { SudoAttempts } from './attempts.ts'
import { Elevation } from './elevation.ts'
import { type Sudo, sudoHandle } from './handle.ts'
import { sudoRoute } from './sudo-route.ts'

/** The options of `sudo()`. All times are seconds. */
export interface SudoOptions<T extends UserTypes = UserTypes> {
  /**
   * How long an elevation lasts, and the window in which attempts count, in seconds. Default 300.
   */
  window?: number
  /** Wrong passwords per login and window; the last one locks. Default 3. */
  maxAttempts?: number
  /** For how many seconds the login's attempts are refused then. Default 900. */
  lockout?: number
  /** Mounts a route: `true` for `POST /sudo`, or a path of your own. Default `false`. */
  route?: boolean | string
  /**
   * Returns `true` where the request proves anew that it comes from the owner of an account without
   * a password: by a fresh answer of an identity provider, a passkey, a code. Default: nobody.
   *
   * Only `true` elevates. A refusal counts as a wrong password, and so does what it throws: an
   * `AuthError` is the answer, anything else is a 500.
   */
  withoutPassword?: (principal: Principal<T>, request: Request) => boolean | Promise<boolean>
}

export interface SudoSettings {
  readonly window: number
  readonly maxAttempts: number
  readonly lockout: number
  /** The path of the route, or `null` for none. */
  readonly route: string | null
  readonly withoutPassword: NonNullable<SudoOptions['withoutPassword']>
}

/** One segment of a path, or several, without parameters. */
const path = /^(\/[\w.~-]+)+$/

type Read = Settled<Omit<SudoOptions, 'route'>> & { readonly route: string | null }

export const sudoOptions: Declaration<Read> = declareOptions<Read>(
  {
    window: seconds(300, { max: 86_400 }),
    maxAttempts: whole(3, { max: 100 }),
    lockout: seconds(900, { max: 30 * 86_400 }),
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
  },
  {
    write: 'sudo({ route: true })',
  },
)

interface SudoKind extends HandleKind {
  readonly handle: Sudo<this['call']>
}

/** What `sudo()` returns: for `features`. */
export type SudoFeature = Feature<'sudo', 'sudo', SudoKind>

/**
 * Re-authentication before what matters most, for `auth.sudo` and, with `route`, `POST /sudo`.
 * Needs the session transport.
 *
 * @example
 * ```ts
 * crudAuth({ users, secret, transports: [session()], features: [sudo({ route: true })] })
 * ```
 */
export function sudo(options: SudoOptions = {}): SudoFeature {
  const { settings, problems } = sudoOptions.read(options, 'sudo')
  return {
    name: 'sudo',
    key: 'sudo',
    problems,
    problemsAmong,
    wire: (ground) => wire(settings, ground),
  }
}

function problemsAmong({ names }: Company): string[] {
  return names.has('session')
    ? []
    : ['sudo needs the session transport; write transports: [session(), …]']
}

function wire(settings: SudoSettings, ground: Ground): Wired {
  const attempts = new SudoAttempts(settings, ground)
  const elevation = new Elevation(settings, attempts, ground)
  const { window, maxAttempts, lockout } = settings
  return {
    elevation,
    unlock: (scope, account, logins) => attempts.unlock(scope, account, logins),
    description: { window, maxAttempts, lockout },
    outages: [
      { when: 'an attempt at sudo is counted', answer: '503 storage_unavailable', fails: 'closed' },
    ],
    mount(house) {
      elevation.move(house)
      return {
        routes: settings.route === null ? [] : [sudoRoute(settings.route, elevation, house)],
        handle: sudoHandle(elevation, house),
      }
    },
  }
}
