/**
 * phpass's portable hash, `$P$<iterations><salt><digest>`: a salted digest, iterated. `$H$` in
 * phpBB 3; `$S$` in Drupal 7 to 10, with SHA-512 in place of MD5 and the end of the digest cut off.
 */
import { hash as digestOf, timingSafeEqual } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { type Compute, HashThreads } from '../hash-threads.ts'

export interface Phpass {
  readonly algorithm: 'md5' | 'sha512'
  readonly rounds: number
  readonly salt: string
  readonly encoded: string
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** WordPress writes 2^13 rounds, Drupal 2^15 and 2^16; 2^17 take a tenth of a second. */
const maxRoundsLog2 = 17

export function parsePhpass(stored: string): Phpass | null {
  return parse(/^\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/.exec(stored), 'md5')
}

export function parseDrupalPhpass(stored: string): Phpass | null {
  return parse(/^\$S\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{43})$/.exec(stored), 'sha512')
}

function parse(match: RegExpExecArray | null, algorithm: Phpass['algorithm']): Phpass | null {
  const [, cost = '', salt = '', encoded = ''] = match ?? []
  const log2 = match ? alphabet.indexOf(cost) : 0
  return log2 < 7 || log2 > maxRoundsLog2 ? null : { algorithm, rounds: 2 ** log2, salt, encoded }
}

/**
 * Every round hashes the whole password, so that a long one would take seconds. phpass, WordPress
 * and phpBB refuse more than this, too; no such password has a hash.
 */
const maxPasswordBytes = 4096

/** Between two turns of the event loop: a millisecond or less. */
const [maxRoundsPerTurn, bytesPerTurn] = [512, 262_144]

const threads = new HashThreads()

/**
 * @param maxBytes How long a password the origin reads.
 * @param compute Threads, for what takes longer than the way there and back.
 */
export async function verifyPhpass(
  password: string,
  stored: Phpass,
  maxBytes: number = maxPasswordBytes,
  compute: Compute = threads.compute,
): Promise<boolean> {
  const bytes = Buffer.from(password, 'utf8')
  // Verified all the same, so that the answer takes as long.
  const digest = await derivePhpass(bytes.subarray(0, maxBytes), stored, compute)
  const encoded = encode(digest).slice(0, stored.encoded.length)
  return (
    timingSafeEqual(Buffer.from(encoded), Buffer.from(stored.encoded)) && bytes.length <= maxBytes
  )
}

/** The digest in phpass's base64, cut as the stored one is: what phpBB hashes once more. */
export async function phpassText(
  password: string,
  stored: Omit<Phpass, 'encoded'>,
): Promise<string> {
  const bytes = Buffer.from(password, 'utf8').subarray(0, maxPasswordBytes)
  return encode(await derivePhpass(bytes, stored, threads.compute))
}

async function derivePhpass(
  input: Uint8Array,
  { algorithm, rounds, salt }: Omit<Phpass, 'encoded'>,
  compute: Compute,
): Promise<Uint8Array> {
  const here = () => inTurns(algorithm, Buffer.from(salt), input, rounds)
  if (algorithm === 'md5') return here()
  return compute({ work: 'chain', algorithm, salt, input: Uint8Array.from(input), rounds }, here)
}

async function inTurns(
  algorithm: string,
  salt: Uint8Array,
  input: Uint8Array,
  rounds: number,
): Promise<Uint8Array> {
  let digest = digestOf(algorithm, Buffer.concat([salt, input]), 'buffer')
  const block = Buffer.concat([digest, input])
  const roundsPerTurn = Math.min(maxRoundsPerTurn, Math.ceil(bytesPerTurn / block.length))
  for (let done = 0; done < rounds; done++) {
    if (done % roundsPerTurn === 0) await turn()
    digest.copy(block)
    digest = digestOf(algorithm, block, 'buffer')
  }
  return digest
}

/** With 2^13 rounds, as WordPress writes; as phpBB spells it with another mark, 2^11. */
export function phpassDecoy(start = '$P$B'): string {
  return `${start}${encode(Buffer.alloc(6))}${encode(Buffer.alloc(16))}`
}

/** With 2^16 rounds, as Drupal 8 to 10 write. */
export function drupalPhpassDecoy(): string {
  return `$S$E${encode(Buffer.alloc(6))}${encode(Buffer.alloc(64)).slice(0, 43)}`
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
