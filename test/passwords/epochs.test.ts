/**
 * Epochs that are worked out from stored hashes, for tables without a column for them.
 */
import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { passwordEpochs } from '../../src/passwords/epochs.ts'
import { type PasswordOptions, passwords } from '../../src/passwords/passwords.ts'

const secret = 'a secret for tests, thirty-two bytes or more'
const service = passwords({ cost: 4 })
const { epoch, salt } = passwordEpochs(service.saltOf, [secret])

const writers: Readonly<Record<string, PasswordOptions>> = {
  'bcrypt-sha256': { cost: 4 },
  'crudauth-py': { cost: 4, format: 'crudauth-py' },
  argon2id: { format: 'argon2id', argon2: { memory: 64, passes: 1 } },
  peppered: { cost: 4, pepper: 'a pepper for tests, of thirty-two bytes' },
  'peppered argon2id': {
    format: 'argon2id',
    argon2: { memory: 64, passes: 1 },
    pepper: 'a pepper for tests, of thirty-two bytes',
  },
}
const names = Object.keys(writers)
const write = (name: string, given?: Uint8Array) =>
  passwords(writers[name]).hash('correct horse', undefined, given)

describe('The epoch of a password hash', () => {
  test.each(names)('%s: a hash has the salt that it is given, whatever its bytes', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 16 }), async (bytes) => {
        expect(Buffer.from(service.saltOf(await write(name, bytes)) ?? [])).toEqual(
          Buffer.from(bytes),
        )
      }),
      { numRuns: 20 },
    )
  })

  test.each(names)('%s: without one it has another each time', async (name) => {
    const [one, other] = [await write(name), await write(name)]
    expect(epoch('7', one)).not.toBe(epoch('7', other))
  })

  test.each(names.flatMap((from) => names.map((to) => [from, to])))(
    'stays when a hash in %s is upgraded to %s',
    async (from, to) => {
      const old = await write(from)
      const upgraded = await write(to, salt('7', old) ?? undefined)
      expect(epoch('7', upgraded)).toBe(epoch('7', old))
      expect(await passwords(writers[to]).verify('correct horse', upgraded)).toMatchObject({
        ok: true,
        outdated: false,
      })
    },
  )

  test.each([
    ['of another system', 'pbkdf2_sha256$1$salt$digest'],
    ['that nothing reads', 'plain text'],
    ['of an account that is locked', '!$2b$12$of-nobody'],
    [
      'with a salt of another length',
      '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
  ])('stays when a text %s is upgraded', async (_, old) => {
    for (const name of names) {
      const upgraded = await write(name, salt('7', old) ?? undefined)
      expect(epoch('7', upgraded)).toBe(epoch('7', old))
    }
  })

  test('is another for another account, and so is the salt that keeps it', async () => {
    const stored = 'an unsalted hash that two accounts share'
    expect(epoch('7', stored)).not.toBe(epoch('8', stored))
    expect(salt('7', stored)).not.toEqual(salt('8', stored))
    const hash = await write('bcrypt-sha256')
    expect(epoch('7', hash)).not.toBe(epoch('8', hash))
  })

  test('of a hash of ours does not depend on a secret; of another text it is the oldest one’s', async () => {
    const rotated = passwordEpochs(service.saltOf, ['a newer secret', secret])
    const replaced = passwordEpochs(service.saltOf, ['a newer secret'])
    const hash = await write('bcrypt-sha256')
    const text = 'an unsalted hash'
    expect([rotated, replaced].map((one) => one.epoch('7', hash))).toEqual(
      Array(2).fill(epoch('7', hash)),
    )
    expect(rotated.epoch('7', text)).toBe(epoch('7', text))
    expect(replaced.epoch('7', text)).not.toBe(epoch('7', text))
  })

  test('is a number from 1 to 2^31 - 1', () => {
    const seen = Array.from({ length: 10_000 }, (_, n) => epoch(String(n), `text ${n}`))
    expect(seen.every((one) => Number.isInteger(one) && one >= 1 && one <= 0x7fffffff)).toBe(true)
    expect(Math.max(...seen)).toBeGreaterThan(0x7f000000)
    expect(new Set(seen).size).toBeGreaterThan(9990)
  })

  test('of nothing is that of the account alone, and no salt keeps it', () => {
    expect([salt('7', null), salt('7', '')]).toEqual([null, null])
    expect(epoch('7', null)).toBe(epoch('7', ''))
    expect(epoch('7', null)).not.toBe(epoch('8', null))
    expect(epoch('7', null)).not.toBe(epoch('7', randomBytes(8).toString('hex')))
  })
})
