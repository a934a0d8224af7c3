/**
 * ASP.NET Identity: a base64 of a header, the salt and the key.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { type Digest, digestBytes, isAcceptablePbkdf2, pbkdf2Matches } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which version of ASP.NET Identity wrote most hashes. Used for absent accounts only. */
export interface AspNetIdentityOptions {
  /** What wrote most hashes; unknown names cost as much. Default `v3-sha512` (since .NET 7). */
  writer?: 'v3-sha512' | 'v3-sha256' | 'v2'
}

interface Parts {
  readonly digest: Digest
  readonly rounds: number
  readonly salt: Buffer
  readonly key: Buffer
}

export const aspNetIdentityOptions: Declaration<Settled<AspNetIdentityOptions>> = declareOptions<
  Settled<AspNetIdentityOptions>
>({
  writer: oneOf(['v3-sha512', 'v3-sha256', 'v2'], 'v3-sha512'),
})

/**
 * Verifies hashes of ASP.NET Identity: version 3 (PBKDF2 with SHA-1, SHA-256 or SHA-512) and
 * version 2 (SHA-1, 1000 rounds). Salts and keys are of 16 bytes, as .NET demands, to 64.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [aspNetIdentity({ writer: 'v3-sha256' })] }
 * ```
 */
export function aspNetIdentity(options: AspNetIdentityOptions = {}): AdoptedFormat {
  const { settings, problems } = aspNetIdentityOptions.read(options, 'aspNetIdentity')
  const { writer } = settings
  return forText({
    name: 'aspnet-identity',
    problems,
    recognises: (stored) => parse(stored) !== null,
    async verify(password, stored) {
      const parts = parse(stored)
      if (parts === null) return false
      const { salt, rounds, digest, key } = parts
      return pbkdf2Matches(password, salt, rounds, digest, key)
    },
    decoy() {
      if (writer === 'v2') return Buffer.concat([Buffer.of(0), Buffer.alloc(48)]).toString('base64')
      const header = Buffer.alloc(13)
      header.writeUInt8(1, 0)
      header.writeUInt32BE(writer === 'v3-sha512' ? 2 : 1, 1)
      header.writeUInt32BE(writer === 'v3-sha512' ? 100_000 : 10_000, 5)
      header.writeUInt32BE(16, 9)
      return Buffer.concat([header, Buffer.alloc(48)]).toString('base64')
    },
  })
}

const digests: readonly Digest[] = ['sha1', 'sha256', 'sha512']

function parse(stored: string): Parts | null {
  const bytes = stored.length > 512 ? null : fromBase64(stored)
  if (!bytes) return null
  if (bytes[0] === 0 && bytes.length === 49) {
    return { digest: 'sha1', rounds: 1000, salt: bytes.subarray(1, 17), key: bytes.subarray(17) }
  }
  if (bytes[0] !== 1 || bytes.length < 13 + 16 + 16) return null
  const digest = digests[bytes.readUInt32BE(1)]
  const rounds = bytes.readUInt32BE(5)
  const saltLength = bytes.readUInt32BE(9)
  const key = bytes.subarray(13 + saltLength)
  if (!digest || ![saltLength, key.length].every((length) => length >= 16 && length <= 64)) {
    return null
  }
  // A long key costs all rounds for each digest that it takes.
  if (!isAcceptablePbkdf2(rounds, Math.ceil(key.length / digestBytes[digest]))) return null
  return { digest, rounds, salt: bytes.subarray(13, 13 + saltLength), key }
}
