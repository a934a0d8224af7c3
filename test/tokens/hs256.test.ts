/**
 * HS256 without `jose`: whatever `jose` refuses is refused, and each condition for itself.
 */
import { createHmac, createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { tokenSigner } from '../../src/tokens/signing.ts'
import { compareWithJose, now, secrets, signed } from './mutated-tokens.ts'

const claims = { sub: '1', exp: now + 900 }
const payload = JSON.stringify(claims)
const usual = '{"alg":"HS256","typ":"JWT"}'
const clock = () => now * 1000
const signer = tokenSigner({ secrets, keys: [], issuer: undefined, audience: undefined, clock })
const stateOf = async (token: string) => (await signer.verify(token)).state
const good = signed(usual, payload, secrets[0])

test('none of ten thousand mutated tokens is valid that jose refuses', async () => {
  const { valid, expired, invalid } = await compareWithJose(10_000, 1)
  // Enough of each to say something.
  expect(Math.min(valid, expired * 10, invalid)).toBeGreaterThan(500)
})

test('what jose signs is valid, and the other way round', async () => {
  const key = createSecretKey(Buffer.from(secrets[0]))
  const byJose = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(key)
  expect(byJose).toBe(good)
  expect(await signer.sign(claims)).toBe(good)
  expect(await signer.verify(byJose)).toEqual({ state: 'valid', claims })
})

test('a token of any of the secrets is valid, and of no other', async () => {
  expect(await stateOf(signed(usual, payload, secrets[1]))).toBe('valid')
  expect(await stateOf(signed(usual, payload, `${secrets[0]} `))).toBe('invalid')
})

test.each([
  ['without a type', '{"alg":"HS256"}', 'valid'],
  ['with members that nobody has to understand', '{"alg":"HS256","kid":"a"}', 'valid'],
  ['of another algorithm', '{"alg":"none","typ":"JWT"}', 'invalid'],
  ['whose algorithm is spelled otherwise', '{"alg":"hs256","typ":"JWT"}', 'invalid'],
  ['of another kind', '{"alg":"HS256","typ":"at+jwt"}', 'invalid'],
  ['whose kind is empty', '{"alg":"HS256","typ":""}', 'invalid'],
  ['with something critical', '{"alg":"HS256","typ":"JWT","crit":["exp"],"exp":1}', 'invalid'],
  ['with nothing critical', '{"alg":"HS256","typ":"JWT","crit":[]}', 'invalid'],
  ['without an algorithm', '{"typ":"JWT"}', 'invalid'],
  ['that is no object', '["HS256"]', 'invalid'],
  ['that is no JSON', 'HS256', 'invalid'],
])('a signed header %s', async (_, header, state) => {
  expect(await stateOf(signed(header, payload, secrets[0]))).toBe(state)
})

/** Signs segments as they are spelled. */
const spelled = (header: string, body: string) =>
  `${header}.${body}.${createHmac('sha256', secrets[0]).update(`${header}.${body}`).digest('base64url')}`
const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url')

test.each([
  ['padding in the payload', spelled(base64url(usual), `${base64url(`${payload} `)}=`)],
  ['padding in the header', spelled(`${base64url('{"alg":"HS256"}')}=`, base64url(payload))],
  [
    'spare bits in the payload',
    spelled(base64url(usual), base64url(`${payload}  `).replace(/.$/, 'B')),
  ],
  [
    'the other alphabet',
    spelled(base64url(usual), base64url('{"a":"???>>>"}').replaceAll('_', '/')),
  ],
  ['a space in the payload', spelled(base64url(usual), ` ${base64url(payload)}`)],
  ['two segments', good.split('.').slice(0, 2).join('.')],
  ['four segments', `${good}.`],
  ['no signature', `${good.split('.').slice(0, 2).join('.')}.`],
  ['a signature and more', `${good}AA`],
  [
    'a signature in another spelling',
    good.replace(/.$/, (last) => (last === 'A' ? 'B' : `${last}=`)),
  ],
  [
    'a byte that is no UTF-8',
    signed(usual, Buffer.from([...Buffer.from(payload), 0xff]), secrets[0]),
  ],
  ['claims that are a list', signed(usual, `[${payload}]`, secrets[0])],
  [
    'more than 8192 characters',
    signed(usual, JSON.stringify({ ...claims, a: 'a'.repeat(8192) }), secrets[0]),
  ],
])('a token with %s is invalid, however it is signed', async (_, token) => {
  expect(await stateOf(token)).toBe('invalid')
})

test('no JSON is read before the signature is right', async () => {
  const reads: string[] = []
  const parse = JSON.parse
  JSON.parse = (text: string) => {
    reads.push(text)
    return parse(text)
  }
  try {
    await stateOf(signed('{"alg":"HS256","kid":"b"}', payload, `${secrets[0]}!`))
    expect(reads).toEqual([])
    await stateOf(signed('{"alg":"HS256","kid":"b"}', payload, secrets[1]))
    expect(reads).toHaveLength(2)
  } finally {
    JSON.parse = parse
  }
})
