/**
 * Tokens as an attacker would write them, and what `jose` says of each. What `jose` refuses has to
 * be refused by us.
 */
import { createHmac } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { expect } from 'vitest'
import { tokenSigner } from '../../src/tokens/signing.ts'

export const secrets = [
  'the secret that signs, of thirty-two bytes',
  'the one before, which is as long',
] as const
const strange = 'a secret that is nobody’s, of thirty-two bytes'
export const now = 1_800_000_000

type Pick = <Value>(from: readonly Value[]) => Value

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64url')

/** Signed as it is, whatever it says. */
export function signed(header: string, payload: string | Uint8Array, secret: string): string {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const headers = [
  '{"alg":"HS256","typ":"JWT"}',
  '{"alg":"HS256"}',
  '{"typ":"JWT","alg":"HS256","kid":"1"}',
  '{"alg":"HS256","typ":"at+jwt"}',
  '{"alg":"HS256","typ":null}',
  '{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}',
  '{"alg":"HS256","typ":"JWT","crit":["exp"],"exp":1}',
  '{"alg":"HS256","typ":"JWT","crit":[]}',
  '{"alg":"none","typ":"JWT"}',
  '{"alg":"none","alg":"HS256"}',
  '{"alg":"HS256","alg":"none"}',
  '{"alg":"hs256"}',
  '{"alg":"HS512","typ":"JWT"}',
  '{"alg":"RS256","typ":"JWT"}',
  '{"alg":["HS256"]}',
  '{"__proto__":{"alg":"HS256"}}',
  '["HS256"]',
  '"HS256"',
  'null',
  ' {"alg":"HS256"} ',
  '{"alg":"HS256"',
  '',
]

const claims: readonly object[] = [
  ...Array.from({ length: 26 }, () => ({})),
  { iat: now },
  { iat: now + 3600 },
  { iat: `${now}` },
  { nbf: now - 1 },
  { nbf: now + 1 },
  { nbf: '0' },
  { nbf: null },
  { exp: now },
  { exp: now - 1 },
  { exp: `${now + 60}` },
  { exp: null },
  { exp: now + 0.5 },
  { exp: 1e300 },
  { exp: undefined },
  { sub: undefined },
  { sub: '' },
  { sub: 1 },
  { iss: undefined },
  { iss: 'another' },
  { iss: ['here'] },
  { aud: undefined },
  { aud: 'another' },
  { aud: ['another', 'us'] },
  { aud: [['us']] },
  { aud: { us: true } },
]

function payloadOf(pick: Pick): string | Uint8Array {
  const usual = { sub: '1', exp: now + 900, iss: 'here', aud: 'us', name: 'Ännchen ☕' }
  const text = JSON.stringify({ ...usual, ...pick(claims) })
  return pick([
    ...Array.from({ length: 20 }, () => text),
    `${text} `,
    `\ufeff${text}`,
    `[${text}]`,
    `${text},`,
    '',
    'null',
    text.replace('}', ',"exp":1}'),
    Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]),
  ])
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const others = [...'+/=. \n\0%é'] as const

/** One mutation of the text; the signature is what it was. */
function mutated(token: string, pick: Pick, random: () => number): string {
  const at = Math.floor(random() * (token.length + 1))
  const segments = token.split('.')
  const kinds: readonly (() => string)[] = [
    () => token.slice(0, at) + pick([...alphabet]) + token.slice(at + 1),
    () => token.slice(0, at) + pick([...alphabet, ...others]) + token.slice(at),
    () => token.slice(0, at) + token.slice(at + 1),
    // The same in its lowest byte.
    () =>
      token.slice(0, at) +
      String.fromCharCode((token.charCodeAt(at) || 65) + 0x100) +
      token.slice(at + 1),
    // Spare bits: another spelling of the same bytes.
    () => {
      const last = alphabet.indexOf(token.at(-1) ?? '')
      return token.slice(0, -1) + (alphabet[last ^ 1] ?? '')
    },
    () => `${token}${pick(['=', '==', '.', ' ', '\n', '.e30', 'A'])}`,
    () => `${pick([' ', '.', '\n', 'Bearer '])}${token}`,
    () => segments.slice(0, 2).join('.'),
    () => `${segments.slice(0, 2).join('.')}.`,
    () => segments.toReversed().join('.'),
    () => [segments[0], segments[0], segments[2]].join('.'),
    () => token.replaceAll('-', '+').replaceAll('_', '/'),
    () => token.toLowerCase(),
    () => `${segments[0]}.${segments[1]}${'A'.repeat(9000)}.${segments[2]}`,
    () => '',
  ]
  return pick(kinds)()
}

export const rules = { issuer: 'here', audience: 'us' } as const

/** What `jose` says of a token under both secrets. */
async function saidByJose(token: string): Promise<'valid' | 'expired' | 'invalid'> {
  const keys = secrets.map((secret) => Buffer.from(secret))
  let found: 'expired' | 'invalid' = 'invalid'
  for (const key of keys) {
    try {
      await jwtVerify(token, key, {
        algorithms: ['HS256'],
        currentDate: new Date(now * 1000),
        ...rules,
      })
      return 'valid'
    } catch (error) {
      if (error instanceof errors.JWTExpired) found = 'expired'
    }
  }
  return found
}

/** How many of them are valid, expired and invalid by us; each was held against `jose`. */
export async function compareWithJose(count: number, seed: number) {
  const random = numbers(seed)
  const pick: Pick = (from) => from[Math.floor(random() * from.length)] as (typeof from)[number]
  const signer = tokenSigner({ ...rules, secrets, keys: [], clock: () => now * 1000 })
  const states = { valid: 0, expired: 0, invalid: 0 }
  const worse: string[] = []
  for (let n = 0; n < count; n++) {
    const header = random() < 0.7 ? (headers[0] as string) : pick(headers)
    const secret = random() < 0.9 ? pick(secrets) : strange
    const token = signed(header, payloadOf(pick), secret)
    const text = random() < 0.5 ? token : mutated(token, pick, random)
    const { state } = await signer.verify(text)
    states[state]++
    // What we refuse needs no second opinion, but for what counts as absent instead.
    if (state !== 'invalid' && (await saidByJose(text)) !== state) worse.push(text)
  }
  expect(worse).toEqual([])
  return states
}
