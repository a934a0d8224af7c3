/**
 * Argon2 in PHC strings, as PHP, Laravel, passlib, Django and most others write it.
 */
import { timingSafeEqual } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { whole } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { type Argon2Input, argon2Engine } from '../argon2-engine.ts'
import { fromBareBase64, toBareBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** What most of the stored Argon2 hashes cost. Used for absent accounts only. */
export interface Argon2HashOptions {
  /**
   * The memory of most hashes, in KiB; unknown names cost as much. Default 65536 (PHP, Laravel).
   */
  memory?: number
  /** The passes of most hashes. Default 4. */
  passes?: number
  /** The lanes of most hashes. Default 1. */
  parallelism?: number
}

export type Argon2Variant = 'argon2id' | 'argon2i' | 'argon2d'

/** What a hash consists of, however its origin spells it. */
export interface Argon2Parts {
  /** Default `argon2id`. */
  readonly variant?: Argon2Variant
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly tag: Buffer
}

const pattern =
  /^\$(argon2(?:id|i|d))\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,128})\$([A-Za-z0-9+/]{16,128})$/

/** As for our own argon2id: 256 MiB, and 4 GiB in all passes. */
export const mostArgon2 = { memory: 262_144, parallelism: 16, work: 4_194_304 }

export const argon2HashOptions: Declaration<Settled<Argon2HashOptions>> = declareOptions<
  Settled<Argon2HashOptions>
>({
  memory: whole(65_536, { min: 8, max: mostArgon2.memory }, 'KiB'),
  passes: whole(4, { max: 999 }),
  parallelism: whole(1, { max: mostArgon2.parallelism }),
})

/**
 * Verifies Argon2 hashes: `$argon2id$…`, `$argon2i$…` and `$argon2d$…`, version 1.3. Needs Node
 * 24.7 or `@node-rs/argon2`; without either nothing is recognised.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [argon2({ memory: 65_536, passes: 3 })] }
 * ```
 */
export function argon2(options: Argon2HashOptions = {}): AdoptedFormat {
  const { settings, problems } = argon2HashOptions.read(options, 'argon2')
  const { memory, passes, parallelism } = settings
  return forText({
    name: 'argon2',
    problems,
    recognises: (stored) => parseArgon2(stored) !== null,
    verify: verifyArgon2,
    decoy: () =>
      `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toBareBase64(Buffer.alloc(16))}$${toBareBase64(Buffer.alloc(32))}`,
  })
}

const engine = argon2Engine()

export function parseArgon2(stored: string): Argon2Parts | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, variant, m, t, p, saltText = '', tagText = ''] = match
  const [salt, tag] = [fromBareBase64(saltText), fromBareBase64(tagText)]
  // Whole words, as everybody writes: a tag that lost its end is no other hash.
  if (!salt || !tag || tag.length % 8 !== 0) return null
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) }
  const parts = { variant: variant as Argon2Variant, ...cost, salt, tag }
  return isAcceptableArgon2(parts) ? parts : null
}

/** Whether it can be computed here, at a cost within the ceiling. */
export function isAcceptableArgon2(parts: Omit<Argon2Parts, 'variant' | 'tag'>): boolean {
  const { memory, passes, parallelism, salt } = parts
  return (
    engine !== null &&
    [memory, passes, parallelism].every((value) => Number.isSafeInteger(value) && value >= 1) &&
    memory <= mostArgon2.memory &&
    parallelism <= mostArgon2.parallelism &&
    memory * passes <= mostArgon2.work &&
    memory >= 8 * parallelism &&
    salt.length >= 8
  )
}

export async function verifyArgon2(password: string, stored: string): Promise<boolean> {
  const parts = parseArgon2(stored)
  return parts !== null && argon2Matches(password, parts)
}

/** @param parts Acceptable ones. */
export async function argon2Matches(password: string, parts: Argon2Parts): Promise<boolean> {
  const { tag, ...input } = parts
  return timingSafeEqual(await deriveArgon2({ ...input, password, length: tag.length }), tag)
}

export async function deriveArgon2(input: Argon2Input): Promise<Uint8Array> {
  if (engine === null) throw new Error('crudauth: nothing here computes Argon2')
  return engine(input)
}
