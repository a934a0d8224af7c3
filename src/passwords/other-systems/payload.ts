/**
 * Payload: PBKDF2 in hex, in `hash`, with the salt in a second column, `salt`.
 *
 * Layout: `auth/strategies/local/generatePasswordSaltHash` of `payload`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { pbkdf2Matches } from './derive.ts'
import { fromHex } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which version of Payload wrote most hashes. Used for absent accounts only. */
export interface PayloadOptions {
  /**
   * What wrote most hashes; unknown names cost as much: `v1` where they begin with
   * `pbkdf2-sha256-v1:`, `legacy` where they are 1024 hexadecimal digits. Default `legacy`.
   */
  writer?: 'legacy' | 'v1'
}

/** The two columns of a row of Payload's. */
export interface PayloadColumns {
  readonly hash: string
  readonly salt: string
}

/** Makes the format, and the text that it reads out of Payload's columns. */
export interface PayloadFormat {
  (options?: PayloadOptions): AdoptedFormat
  /** The text of a row, `$payload$<salt>$<hash>`. */
  compose(columns: PayloadColumns): string
}

export const payloadOptions: Declaration<Settled<PayloadOptions>> = declareOptions<
  Settled<PayloadOptions>
>({
  writer: oneOf(['legacy', 'v1'], 'legacy'),
})

/**
 * Verifies Payload's hashes: PBKDF2 with SHA-256, 25,000 rounds and 512 bytes, and later 600,000
 * rounds and 32 bytes. Payload stores hash and salt in two columns. Their text is
 *
 * ```
 * $payload$<salt>$<hash>
 * ```
 *
 * each as it stands in its column; `payload.compose({ hash, salt })` makes it.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [payload()] }
 * const hashedPassword = payload.compose({ hash: row.hash, salt: row.salt })
 * ```
 */
export const payload: PayloadFormat = Object.assign(payloadFormat, { compose })

function payloadFormat(options: PayloadOptions = {}): AdoptedFormat {
  const { settings, problems } = payloadOptions.read(options, 'payload')
  return forText({
    name: 'payload',
    problems,
    recognises: (stored) => parse(stored) !== null,
    async verify(password, stored) {
      const parts = parse(stored)
      if (parts === null) return false
      return pbkdf2Matches(password, parts.salt, parts.rounds, 'sha256', parts.key)
    },
    decoy: () =>
      compose({
        salt: '0'.repeat(64),
        hash: settings.writer === 'v1' ? mark + '0'.repeat(64) : '0'.repeat(1024),
      }),
  })
}

const mark = 'pbkdf2-sha256-v1:'

function compose({ hash, salt }: PayloadColumns): string {
  return `$payload$${salt}$${hash}`
}

function parse(stored: string): { salt: string; rounds: number; key: Buffer } | null {
  const match =
    /^\$payload\$([0-9a-f]{64})\$(?:([0-9a-f]{1024})|pbkdf2-sha256-v1:([0-9a-f]{64}))$/.exec(stored)
  const [, salt = '', legacy, current] = match ?? []
  const key = fromHex(legacy ?? current ?? '')
  // The salt's digits are hashed as they stand.
  return key && { salt, rounds: legacy ? 25_000 : 600_000, key }
}
