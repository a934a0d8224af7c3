/**
 * phpass's portable hash: salted MD5, iterated. `$P$<iterations><salt><digest>`, and `$H$` in phpBB
 * 3.
 */
import { hash as digestOf, timingSafeEqual } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

export interface Phpass {
  readonly rounds: number
  readonly salt: string
  readonly encoded: string
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** WordPress writes 2^13 rounds; 2^17 take a tenth of a second. */
const maxRoundsLog2 = 17

export function parsePhpass(stored: string): Phpass | null {
  const match = /^\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/.exec(stored)
  if (!match) return null
  const [, cost = '', salt = '', encoded = ''] = match
  const log2 = alphabet.indexOf(cost)
  return log2 < 7 || log2 > maxRoundsLog2 ? null : { rounds: 2 ** log2, salt, encoded }
}

/**
 * Every round hashes the whole password, so that a long one would occupy the event loop for
 * seconds. phpass, WordPress and phpBB refuse more than this, too; no such password has a hash.
 */
const maxPasswordBytes = 4096

/** Between two turns of the event loop: a millisecond or less. */
const [maxRoundsPerTurn, bytesPerTurn] = [512, 262_144]

export async function verifyPhpass(password: string, stored: Phpass): Promise<boolean> {
  const { rounds, salt, encoded } = stored
  const bytes = Buffer.from(password, 'utf8')
  // Verified all the same, so that the answer takes as long.
  const input = bytes.subarray(0, maxPasswordBytes)
  let digest = digestOf('md5', Buffer.concat([Buffer.from(salt), input]), 'buffer')
  const block = Buffer.concat([digest, input])
  const roundsPerTurn = Math.min(maxRoundsPerTurn, Math.ceil(bytesPerTurn / block.length))
  for (let done = 0; done < rounds; done++) {
    if (done % roundsPerTurn === 0) await turn()
    digest.copy(block)
    digest = digestOf('md5', block, 'buffer')
  }
  const matches = timingSafeEqual(Buffer.from(encode(digest)), Buffer.from(encoded))
  return matches && bytes.length <= maxPasswordBytes
}

/** With 2^13 rounds, as WordPress writes. */
export function phpassDecoy(): string {
  return `$P$B${encode(Buffer.alloc(6))}${encode(Buffer.alloc(16))}`
}

/** phpass's base64: least significant bits first, in an order of its own. */
function encode(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    let bits = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
    for (let count = Math.min(left, 3) + 1; count > 0; count--) {
      text += alphabet[bits & 63]
      bits >>= 6
    }
  }
  return text
}
