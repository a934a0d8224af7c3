/**
 * Magento 2 and Adobe Commerce: `<hash>:<salt>:<version>`.
 *
 * Layout: `Magento\Framework\Encryption\Encryptor` of `magento/magento2`.
 */
import { hash as digestOf, timingSafeEqual } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { deriveArgon2, isAcceptableArgon2, mostArgon2 } from './argon2.ts'
import { fromHex } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which version wrote most hashes. Used for absent accounts only. */
export interface MagentoOptions {
  /**
   * What wrote most hashes; unknown names cost as much: `argon2id` since Magento 2.3, `sha256`
   * before. Default `argon2id`.
   */
  writer?: 'argon2id' | 'sha256'
}

export const magentoOptions: Declaration<Settled<MagentoOptions>> = declareOptions<
  Settled<MagentoOptions>
>({
  writer: oneOf(['argon2id', 'sha256'], 'argon2id'),
})

/**
 * Verifies Magento 2's hashes: salted MD5 (version 0), salted SHA-256 (1), Argon2id (2, and 3 with
 * its parameters, such as `3_32_2_67108864`), and those of an older version that Magento hashed
 * once more (`1:2`). Versions 0 and 1 take no time, so that whoever has the table has the
 * passwords: they are verified to be replaced, and those that are not replaced soon should be
 * reset. Not verified are hashes without a version, as Magento 1 wrote them.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [magento()] }
 * ```
 */
export function magento(options: MagentoOptions = {}): AdoptedFormat {
  const { settings, problems } = magentoOptions.read(options, 'magento')
  const { writer } = settings
  return forText({
    name: 'magento',
    problems,
    recognises: (stored) => parse(stored) !== null,
    async verify(password, stored) {
      const parts = parse(stored)
      if (parts === null) return false
      let text = password
      for (const step of parts.steps) text = await take(step, text, parts.salt)
      return timingSafeEqual(Buffer.from(text, 'hex'), parts.hash)
    },
    decoy: () =>
      `${'0'.repeat(64)}:${'0'.repeat(32)}:${writer === 'argon2id' ? '3_32_2_67108864' : '1'}`,
  })
}

interface Argon {
  /** Of the hash, in bytes. */
  readonly length: number
  readonly passes: number
  /** In KiB. */
  readonly memory: number
}

/** One way to hash, from what was typed or from the hash before. */
type Step = 'md5' | 'sha256' | Argon

interface Parts {
  readonly hash: Buffer
  readonly salt: string
  readonly steps: readonly Step[]
}

/** libsodium's costs for interactive use, which version 2 has without saying so. */
const interactive: Argon = { length: 32, passes: 2, memory: 65_536 }

/** Each version once. */
const maxSteps = 4

function parse(stored: string): Parts | null {
  const match = /^([0-9a-f]{32,128}):([A-Za-z0-9]{2,64}):([0-9:_]{1,80})$/.exec(stored)
  const [, hex = '', salt = '', history = ''] = match ?? []
  const hash = fromHex(hex)
  const steps = history.split(':').map(stepOf)
  const known = steps.filter((step) => step !== null)
  if (!hash || known.length < steps.length || steps.length > maxSteps) return null
  const work = known.map((step) => (typeof step === 'string' ? 0 : step.memory * step.passes))
  const last = known.at(-1)
  const length = typeof last === 'object' ? last.length : last === 'md5' ? 16 : 32
  const isAffordable = work.reduce((sum, one) => sum + one, 0) <= mostArgon2.work
  return isAffordable && hash.length === length ? { hash, salt, steps: known } : null
}

function stepOf(version: string): Step | null {
  if (version === '0') return 'md5'
  if (version === '1') return 'sha256'
  const match = /^3_(\d{2})_([1-9]\d?)_([1-9]\d{3,9})$/.exec(version)
  if (!match && version !== '2') return null
  const [, length, passes, bytes] = match?.map(Number) ?? []
  const argon = match
    ? { length: length ?? 0, passes: passes ?? 0, memory: (bytes ?? 0) / 1024 }
    : interactive
  return isAcceptableArgon2({ ...argon, parallelism: 1, salt: argonSalt('x') }) ? argon : null
}

async function take(step: Step, text: string, salt: string): Promise<string> {
  if (typeof step === 'string') return digestOf(step, salt + text)
  const input = { ...step, parallelism: 1, salt: argonSalt(salt), password: text }
  return Buffer.from(await deriveArgon2(input)).toString('hex')
}

/** libsodium takes 16 bytes: a short salt is repeated, a long one cut. */
function argonSalt(salt: string): Buffer {
  return Buffer.alloc(16, salt)
}
