/**
 * argon2id (RFC 9106), as PHC string: what OWASP recommends first (Password Storage Cheat Sheet).
 *
 * `$argon2id$v=19$m=19456,t=2,p=1$<salt in base64>$<tag in base64>`, without padding.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Random } from '../crypto.ts'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { whole } from '../options/option.ts'
import { type Argon2, argon2Engine } from './argon2-engine.ts'
import type { PasswordFormat } from './format.ts'

/** What an argon2id hash costs. */
export interface Argon2Options {
  /** The memory, in KiB; less than the default is for tests only. Default 19456 (OWASP). */
  memory?: number
  /** The passes over the memory. Default 2 (OWASP). */
  passes?: number
  /** The number of lanes. Default 1 (OWASP). */
  parallelism?: number
}

/** The parameters of one hash, as in its text. */
interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

interface Parts extends Cost {
  readonly salt: Buffer
  readonly tag: Buffer
}

/** RFC 9106 §4. */
const saltBytes = 16
const tagBytes = 32

/**
 * The most that is configured or verified: 256 MiB, and 4 GiB in all passes, about four seconds of
 * a core. A stored hash beyond is taken for malformed, so that nobody can plant one that occupies
 * a core or the memory.
 */
const most = { memory: 262_144, passes: 32, parallelism: 16, work: 4_194_304 } as const

/** Without an `engine` nothing is recognised, and `hash` must not be called. */
export function argon2id(
  options: Argon2Options,
  random: Random,
  engine: Argon2 | null = argon2Engine(),
): PasswordFormat {
  const cost = costOf(options)
  const compute = (
    password: string,
    { memory, passes, parallelism }: Cost,
    salt: Buffer,
    length: number,
  ) => {
    if (engine === null) throw new Error('crudauth: nothing here computes argon2id')
    return engine({ password, salt, memory, passes, parallelism, length })
  }
  const read = (stored: string) => (engine === null ? null : parse(stored))
  return {
    name: 'argon2id',
    sharesSpelling: false,
    recognises: (stored) => read(stored) !== null,
    isCurrent(stored) {
      const parts = read(stored)
      return (
        parts !== null &&
        parts.memory >= cost.memory &&
        parts.passes >= cost.passes &&
        parts.parallelism >= cost.parallelism &&
        parts.salt.length >= saltBytes &&
        parts.tag.length >= tagBytes
      )
    },
    async verify(password, stored) {
      const parts = read(stored)
      if (parts === null) return false
      const tag = await compute(password, parts, parts.salt, parts.tag.length)
      return timingSafeEqual(tag, parts.tag)
    },
    async hash(password, given) {
      const salt = Buffer.from(given ?? random(saltBytes))
      return write(cost, salt, await compute(password, cost, salt, tagBytes))
    },
    saltOf: (stored) => parse(stored)?.salt ?? null,
    decoy: () => write(cost, new Uint8Array(saltBytes), new Uint8Array(tagBytes)),
    load: async () => engine?.load?.(),
  }
}

function costOf({ memory = 19_456, passes = 2, parallelism = 1 }: Argon2Options): Cost {
  return { memory, passes, parallelism }
}

export const argon2Options: Declaration<Settled<Argon2Options>> = declareOptions<
  Settled<Argon2Options>
>(
  {
    memory: whole(19_456, { max: most.memory }, 'KiB'),
    passes: whole(2, { max: most.passes }),
    parallelism: whole(1, { max: most.parallelism }),
  },
  {
    rules: [
      {
        about: ['memory', 'passes', 'parallelism'],
        problems: (cost, path) =>
          isAcceptable(cost)
            ? []
            : [
                `${path}.memory must be at least 8 times ${path}.parallelism, and ${most.work} at most when multiplied by ${path}.passes`,
              ],
      },
    ],
  },
)

/** What is missing to write argon2id here, one sentence each. */
export function argon2EngineProblems(engine = argon2Engine()): string[] {
  return engine === null
    ? [
        "passwords.format 'argon2id' needs Node 24.7 or later, or the package @node-rs/argon2; write npm install @node-rs/argon2",
      ]
    : []
}

function isAcceptable({ memory, passes, parallelism }: Cost): boolean {
  return (
    isWithin(memory, most.memory) &&
    isWithin(passes, most.passes) &&
    isWithin(parallelism, most.parallelism) &&
    memory >= 8 * parallelism &&
    memory * passes <= most.work
  )
}

function isWithin(value: number, limit: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= limit
}

const pattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,5}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

function parse(stored: string): Parts | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, memory, passes, parallelism, salt = '', tag = ''] = match
  const cost = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
  const parts = { ...cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
  // One spelling only: base64 of some lengths has spare bits in its last character.
  const isExact = write(cost, parts.salt, parts.tag) === stored
  return isExact && isAcceptable(cost) ? parts : null
}

function write({ memory, passes, parallelism }: Cost, salt: Uint8Array, tag: Uint8Array): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
