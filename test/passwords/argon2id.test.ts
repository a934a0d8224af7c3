import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { secureRandom } from '../../src/crypto.ts'
import { type Argon2Input, argon2Engine } from '../../src/passwords/argon2-engine.ts'
import { argon2EngineProblems, argon2id } from '../../src/passwords/argon2id.ts'
import { passwords } from '../../src/passwords/passwords.ts'
import { passwordProblems } from '../support/option-problems.ts'

interface Vector {
  password: string
  hash: string
}

const vectors = JSON.parse(
  readFileSync(new URL('argon2-vectors.json', import.meta.url), 'utf8'),
) as Vector[]

const small = { memory: 64, passes: 2, parallelism: 1 }
const service = passwords({ format: 'argon2id', argon2: small })
const nothing = argon2Engine({ native: undefined, hasPackage: () => false })

describe('argon2id', () => {
  test('writes PHC strings of the configured cost, salted anew each time', async () => {
    const [one, other] = await Promise.all([service.hash('the same'), service.hash('the same')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(other)
    expect(await service.verify('the same', one)).toEqual({ ok: true, outdated: false })
    expect((await service.verify('another', one)).ok).toBe(false)
  })

  test('costs by default what OWASP recommends', async () => {
    expect(await passwords({ format: 'argon2id' }).hash('the same')).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    )
  })

  test('does not stop at 72 bytes or at a NUL', async () => {
    const long = await service.hash('a'.repeat(100))
    expect((await service.verify('a'.repeat(99), long)).ok).toBe(false)
    const cut = await service.hash('before\u0000after')
    expect((await service.verify('before\u0000other', cut)).ok).toBe(false)
  })

  test('takes other forms of the same text, and no lone surrogates', async () => {
    const hash = await service.hash('caf\u00e9 au lait')
    expect((await service.verify('cafe\u0301 au lait', hash)).ok).toBe(true)
    expect((await service.verify('cafe au lait', hash)).ok).toBe(false)
    const replaced = await service.hash('caf\ufffd')
    expect((await service.verify('caf\ud800', replaced)).ok).toBe(false)
  })

  test('goes with a pepper, and fits a column of 255 characters', async () => {
    const peppered = passwords({
      format: 'argon2id',
      argon2: small,
      pepper: 'a pepper of thirty-two bytes or more',
    })
    const hash = await peppered.hash('the same')
    expect(hash).toMatch(/^\$peppered\$k=[0-9a-f]{8}\$argon2id\$/)
    expect(hash.length).toBeLessThan(200)
    expect(await peppered.verify('the same', hash)).toEqual({ ok: true, outdated: false })
    expect((await service.verify('the same', hash)).ok).toBe(false)
  })

  describe.each([
    ['Node', argon2Engine()],
    ['the package', argon2Engine({ native: undefined, hasPackage: () => true })],
  ])('computed by %s', (_, engine) => {
    const format = argon2id(small, secureRandom, engine)

    test('verifies what Python wrote, and only with its own password', async () => {
      for (const { password, hash } of vectors) {
        expect(format.recognises(hash), hash).toBe(true)
        expect(await format.verify(password, hash), hash).toBe(true)
        expect(await format.verify(`${password}x`, hash), hash).toBe(false)
      }
    })

    test('is read by the other', async () => {
      const hash = await format.hash('p\u00e4ss\u2713 😀')
      expect((await service.verify('p\u00e4ss\u2713 😀', hash)).ok).toBe(true)
    })
  })

  describe('a stored hash', () => {
    test.each([
      [small, false],
      [{ ...small, memory: 65 }, true],
      [{ ...small, memory: 63 }, false],
      [{ ...small, passes: 3 }, true],
      [{ ...small, passes: 1 }, false],
      [{ ...small, parallelism: 2 }, true],
    ])('of m=64, t=2, p=1 where %j is configured is outdated: %s', async (argon2, outdated) => {
      const hash = await service.hash('the same')
      const configured = passwords({ format: 'argon2id', argon2 })
      expect(await configured.verify('the same', hash)).toEqual({ ok: true, outdated })
    })

    test.each([
      ['a short salt', 'm=64,t=3,p=1$c2FsdHNhbHQ$2aoyGxHMHAmvTYFTZPIEtBjVpgjVr5KgCHMmXGYbBN4'],
      ['a short tag', 'm=64,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$2aoyGxHMHAmvTYFTZPIEtA'],
    ])('with %s is outdated', (_, text) => {
      const format = argon2id(small, secureRandom)
      expect(format.recognises(`$argon2id$v=19$${text}`)).toBe(true)
      expect(format.isCurrent(`$argon2id$v=19$${text}`)).toBe(false)
    })

    test('is verified whatever is written, and the others where argon2id is', async () => {
      const hashes = await Promise.all(
        (['bcrypt-sha256', 'crudauth-py', 'argon2id'] as const).map(async (format) => {
          const writer = passwords({
            cost: 4,
            format,
            ...(format === 'argon2id' ? { argon2: small } : {}),
          })
          return { writer, hash: await writer.hash('the same') }
        }),
      )
      for (const one of hashes) {
        for (const other of hashes) {
          expect(await one.writer.verify('the same', other.hash)).toEqual({
            ok: true,
            outdated: one !== other,
          })
        }
      }
    })
  })

  const salt = 'c2FsdHNhbHRzYWx0c2FsdA'
  const tag = '2aoyGxHMHAmvTYFTZPIEtBjVpgjVr5KgCHMmXGYbBN4'

  /** A format whose engine computes nothing and remembers what it was asked. */
  function recorded() {
    const asked: Argon2Input[] = []
    const format = argon2id(small, secureRandom, async (input) => {
      asked.push(input)
      return new Uint8Array(input.length)
    })
    return { asked, format }
  }

  test.each([
    `$argon2id$v=19$m=8,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=262144,t=16,p=16$${salt}$${tag}`,
    `$argon2id$v=19$m=131072,t=32,p=4$${salt}$${tag}`,
  ])('%s is a hash', async (stored) => {
    const { asked, format } = recorded()
    expect(format.recognises(stored)).toBe(true)
    expect(await format.verify('pw123456', stored)).toBe(false)
    expect(asked).toHaveLength(1)
  })

  test.each([
    // Costs out of bounds.
    `$argon2id$v=19$m=262145,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=262144,t=17,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=33,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=1024,t=1,p=17$${salt}$${tag}`,
    `$argon2id$v=19$m=4294967295,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=4294967295,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=15,t=1,p=2$${salt}$${tag}`,
    `$argon2id$v=19$m=0,t=1,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=0,p=1$${salt}$${tag}`,
    // Salts and tags that are too short or too long.
    `$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbA$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1$${'A'.repeat(87)}$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt}$c2FsdHNhbHQ`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt}$${'A'.repeat(87)}`,
    // Other spellings: padding, spare bits, order, zeros, versions, kinds.
    `$argon2id$v=19$m=64,t=2,p=1$${salt}==$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt.slice(0, -1)}B$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt}$${tag.slice(0, -1)}5`,
    `$argon2id$v=19$t=2,m=64,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=064,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1,keyid=AA$${salt}$${tag}`,
    `$argon2id$v=16$m=64,t=2,p=1$${salt}$${tag}`,
    `$argon2id$m=64,t=2,p=1$${salt}$${tag}`,
    `$argon2i$v=19$m=64,t=2,p=1$${salt}$${tag}`,
    `$argon2d$v=19$m=64,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt}$${tag}\n`,
    `$argon2id$v=19$m=64,t=2,p=1$${salt}`,
  ])('%j is none, and computes nothing', async (stored) => {
    const { asked, format } = recorded()
    expect(format.recognises(stored)).toBe(false)
    expect(format.isCurrent(stored)).toBe(false)
    expect(await format.verify('pw123456', stored)).toBe(false)
    expect(asked).toEqual([])
  })

  test('its decoy passes for its own hash, at today’s cost', () => {
    const format = argon2id({}, secureRandom)
    expect(format.recognises(format.decoy())).toBe(true)
    expect(format.isCurrent(format.decoy())).toBe(true)
    expect(format.decoy()).toContain('m=19456,t=2,p=1')
  })

  describe('where nothing computes it', () => {
    test('is refused at construction, with what to install', () => {
      expect(argon2EngineProblems(nothing)).toEqual([
        expect.stringMatching(/Node 24\.7.*npm install @node-rs\/argon2/),
      ])
    })

    test('is not recognised, so that a decoy of another format is verified', () => {
      const format = argon2id(small, secureRandom, nothing)
      expect(vectors.some(({ hash }) => format.recognises(hash))).toBe(false)
    })
  })

  test('the package is found where Node has nothing of its own', () => {
    expect(argon2Engine()).not.toBeNull()
    expect(argon2Engine({ native: undefined, hasPackage: () => true })).not.toBeNull()
    expect(nothing).toBeNull()
  })

  test('what is configured well is no problem', () => {
    expect(passwordProblems({ format: 'argon2id' })).toEqual([])
    const most = { memory: 262_144, passes: 16, parallelism: 16 }
    expect(passwordProblems({ format: 'argon2id', argon2: most })).toEqual([])
    expect(passwordProblems({ format: 'argon2id', argon2: { memory: 8 } })).toEqual([])
  })

  test.each([
    [{ memory: 262_145 }, 'passwords.argon2.memory'],
    [{ memory: 0.5 }, 'passwords.argon2.memory'],
    [{ passes: 0 }, 'passwords.argon2.passes'],
    [{ passes: 33 }, 'passwords.argon2.passes'],
    [{ parallelism: 17 }, 'passwords.argon2.parallelism'],
    [{ memory: 15, parallelism: 2 }, 'at least 8 times'],
    [{ memory: 262_144, passes: 17 }, 'when multiplied by'],
  ])('%j is a problem', (argon2, text) => {
    expect(passwordProblems({ format: 'argon2id', argon2 })).toEqual([
      expect.stringContaining(text),
    ])
  })

  test('its cost without its format is a problem', () => {
    expect(passwordProblems({ argon2: {} })).toEqual([expect.stringContaining('has no effect')])
  })
})
