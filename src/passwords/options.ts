/**
 * How passwords are configured: each option with its unit, default and validation.
 */
import { type Declaration, declareOptions, group, type Settled } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { oneOf, optional, own, whole } from '../options/option.ts'
import type { AdoptedFormat } from './adopted-format.ts'
import { type AdoptedVerifier, adoptionProblems } from './adoption.ts'
import { type Argon2Options, argon2EngineProblems, argon2Options } from './argon2id.ts'
import { maxBcryptCost } from './format.ts'
import {
  type PasswordPolicyOptions,
  type PasswordPolicySettings,
  passwordPolicyOptions,
} from './policy.ts'

/** The formats that are written; each is always verified, whichever is configured. */
export const passwordFormatNames = ['bcrypt-sha256', 'argon2id', 'crudauth-py'] as const

export type PasswordFormatName = (typeof passwordFormatNames)[number]

/** How passwords are hashed, and which new ones are accepted. */
export interface PasswordOptions {
  /**
   * How new hashes are written; `crudauth-py` where a Python application shares the table. Hashes
   * in any of these formats verify, and are rewritten in this one at login. Default
   * `bcrypt-sha256`.
   *
   * `argon2id` needs Node 24.7 or the package `@node-rs/argon2`, for verifying, too.
   */
  format?: PasswordFormatName
  /** bcrypt's cost; below 10 for tests only. Default 12 (about a quarter of a second). */
  cost?: number
  /** argon2id's cost; a hash that has less of any of it is replaced at login. */
  argon2?: Argon2Options | undefined
  /**
   * Hashes that another system wrote: formats from `crudauth/hashes`, or functions. They are
   * verified, and replaced when their owners log in. Default none.
   *
   * List first the format that most rows have, and drop the option when none are left.
   *
   * While the list is not empty, every attempt costs one verification of a native format and one of
   * an adopted format, the missing one against a dummy hash: of the format that is written, and of
   * the first in the list. So unknown names, migrated accounts and others take the same time,
   * except for rows of an adopted format or cost that differs from the first one's.
   *
   * A plain bcrypt hash begins as one of `crudauth-py` does (`$2b$…`). Where an adopted format
   * recognises such a text, both readings are tried, always both, and either admits. Then the
   * unkeyed SHA-256 of a password, in base64, opens a row of `crudauth-py` ("shucking"): one more
   * reason to drop the option in time.
   */
  adopt?: readonly (AdoptedFormat | AdoptedVerifier)[]
  /**
   * A secret of at least 32 bytes that is keyed over every password, or a list of such: the first
   * for new hashes, all for verifying. Losing it loses every password. Default none.
   */
  pepper?: string | readonly string[] | undefined
  /**
   * How many hashes run at once, each in a thread of its own. Default: one less than there are
   * cores, at least 1; at most 3 where hashes are adopted.
   *
   * So a core stays free for everybody else. What other systems wrote is verified in libuv's four
   * threads.
   */
  concurrency?: number | undefined
  /**
   * How much lower the priority of the hashing threads is than that of the process, on Linux: from
   * 0, the same, to 19, the lowest (`nice`). Where cores are short, checks then go first; a thread
   * at 10 gets a tenth of a core beside a process that is always busy. Default 10.
   */
  threadNiceness?: number
  /**
   * How long a login may wait for its turn to be hashed, in seconds. Where the estimate is longer,
   * it is answered 503 with Retry-After at once; where the wait turns out longer, after this time.
   * A hash that has begun is finished. Default 3.
   */
  maxWait?: number
  /**
   * How many logins may wait for their turn; the next one is answered 503 with Retry-After. Default
   * 1000.
   */
  maxQueued?: number
  /**
   * The least length of a new password, in characters (code points). NIST SP 800-63B-4 §3.1.1.2
   * asks for 15 where there is no second factor. Default 8.
   */
  minLength?: number
  /** The greatest length of a new password, in characters (code points). Default 1024. */
  maxLength?: number
  /** Which other new passwords are refused. */
  policy?: PasswordPolicyOptions
  /**
   * Whether an access token can set a first password (`POST /set-password`). `fresh`: one can whose
   * login began with a proof in the last ten minutes (`auth_time`), and that has every scope in
   * `grantableScopes`. Default `never`.
   *
   * Otherwise a session of the last ten minutes, or an elevated one, is needed.
   */
  setWithToken?: 'never' | 'fresh'
}

export interface PasswordSettings
  extends Settled<Omit<PasswordOptions, 'argon2' | 'policy' | 'concurrency'>> {
  /** `undefined` where it is left out. */
  readonly argon2: Settled<Argon2Options> | undefined
  readonly policy: PasswordPolicySettings
  readonly concurrency: number | undefined
}

export const passwordOptions: Declaration<PasswordSettings> = declareOptions<PasswordSettings>(
  {
    format: oneOf(passwordFormatNames, 'bcrypt-sha256', {
      bcrypt: "write 'bcrypt-sha256', which is bcrypt without its limit of 72 bytes",
      argon2: "write 'argon2id'",
    }),
    cost: whole(12, { min: 4, max: maxBcryptCost }),
    argon2: optional(group(argon2Options), ''),
    adopt: own({ fallback: [], problems: adoptionProblems }),
    pepper: own<string | readonly string[] | undefined>({
      fallback: undefined,
      problems: pepperProblems,
    }),
    concurrency: optional(
      whole(3, { max: 1024 }),
      'one less than there are cores, at least 1; at most 3 where hashes are adopted',
    ),
    threadNiceness: whole(10, { min: 0, max: 19 }),
    maxWait: seconds(3, { max: 60 }),
    maxQueued: whole(1000, { min: 0, max: 100_000 }),
    minLength: whole(8, { max: 1024 }),
    maxLength: whole(1024, { min: 64, max: 65_536 }),
    policy: group(passwordPolicyOptions),
    setWithToken: oneOf(['never', 'fresh'], 'never'),
  },
  {
    elsewhere: {
      rounds: 'write cost: 12',
      saltRounds: 'write cost: 12',
      algorithm: "write format: 'argon2id', or leave it out for bcrypt",
      hash: 'new hashes are always ours; write adopt: [(password, stored) => …] to verify others',
      verify: 'write adopt: [(password, stored) => …]',
      min: 'write minLength: 8',
      max: 'write maxLength: 1024',
    },
    rules: [
      {
        about: ['minLength', 'maxLength'],
        problems: ({ minLength, maxLength }, path) =>
          minLength > maxLength
            ? [
                `${path}.minLength (${minLength}) must not be above ${path}.maxLength (${maxLength}); write maxLength: ${minLength} or more`,
              ]
            : [],
      },
      {
        about: ['format'],
        problems: ({ format }) => (format === 'argon2id' ? argon2EngineProblems() : []),
      },
      {
        about: ['format', 'argon2'],
        problems: ({ format, argon2 }, path) =>
          format === 'argon2id' || argon2 === undefined
            ? []
            : [
                `${path}.argon2 has no effect without ${path}.format 'argon2id'; write both or neither`,
              ],
      },
      {
        about: ['format', 'pepper'],
        problems: ({ format, pepper }, path) =>
          format === 'crudauth-py' && pepper !== undefined
            ? [
                `${path}.pepper does not go with ${path}.format 'crudauth-py', since the Python application could not read peppered hashes; drop one of them`,
              ]
            : [],
      },
    ],
  },
)

function pepperProblems(given: unknown, path: string): string[] {
  const peppers: readonly unknown[] = [given].flat()
  const isLong = (one: unknown) => typeof one === 'string' && Buffer.byteLength(one) >= 32
  return peppers.length > 0 && peppers.every(isLong)
    ? []
    : [
        `${path} must be a secret of at least 32 bytes, or a list of such; make one with: npx crudauth secret`,
      ]
}

/** How many characters a new hash has: a column that takes fewer would cut or refuse it. */
export function newHashLength({ format, argon2, pepper }: PasswordSettings): number {
  const { memory, passes, parallelism } = argon2Options.read(argon2 ?? {}, '').settings
  const lengths: Readonly<Record<PasswordFormatName, number>> = {
    'bcrypt-sha256': '$bcrypt-sha256$v=2,t=2b,r=12$'.length + 22 + 1 + 31,
    'crudauth-py': '$2b$12$'.length + 22 + 31,
    argon2id: `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`.length + 22 + 1 + 43,
  }
  const marked = pepper === undefined ? 0 : '$peppered$k=00000000'.length
  return lengths[format] + marked
}
