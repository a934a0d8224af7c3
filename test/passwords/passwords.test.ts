import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { PasswordFormat } from '../../src/passwords/format.ts'
import { isUnusable, passwords } from '../../src/passwords/passwords.ts'
import { passwordProblems } from '../support/option-problems.ts'

const cheap = passwords({ cost: 4 })
const cheapPy = passwords({ cost: 4, format: 'crudauth-py' })
const pepper = (n: number) => `pepper number ${n}, at least thirty-two bytes`

/** A format that hashes nothing and remembers what it was asked. */
function recording(name: string, spelling: RegExp) {
  const verified: string[] = []
  const format: PasswordFormat = {
    name,
    sharesSpelling: false,
    recognises: (stored) => spelling.test(stored),
    isCurrent: () => true,
    saltOf: () => null,
    verify: async (password, stored) => {
      verified.push(stored)
      return stored === `$${name}$${password}`
    },
    hash: async (password) => `$${name}$${password}`,
    decoy: () => `$${name}$decoy`,
  }
  return { format, verified }
}

describe('Passwords', () => {
  describe('hashes made here', () => {
    test('are in passlib’s bcrypt_sha256 v2 format, salted anew each time', async () => {
      const [one, other] = await Promise.all([cheap.hash('the same'), cheap.hash('the same')])
      expect(one).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/)
      expect(one).not.toBe(other)
      expect(await cheap.verify('the same', one)).toEqual({ ok: true, outdated: false })
    })

    test('of crudauth-py are outdated, unless that is what is written', async () => {
      const hash = await cheapPy.hash('hunter2 and more')
      expect(hash).toMatch(/^\$2b\$04\$/)
      expect(await cheap.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: true })
      expect(await cheapPy.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: false })
    })

    test('of another cost are outdated', async () => {
      const hash = await passwords({ cost: 5 }).hash('hunter2 and more')
      expect(await cheap.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: true })
    })

    test('do not stop at 72 bytes or at a NUL', async () => {
      const long = await cheap.hash('a'.repeat(100))
      expect((await cheap.verify('a'.repeat(99), long)).ok).toBe(false)
      const cut = await cheap.hash('before\u0000after')
      expect((await cheap.verify('before\u0000other', cut)).ok).toBe(false)
    })
  })

  describe('whatever is stored', () => {
    const unreadable = [
      null,
      undefined,
      '',
      '!',
      '!Zm9vYmFyYmF6cXV4Zm9vYg',
      'plaintext',
      '$',
      '$2b$12$',
      '$2b$31$C6UzMDM.H6dfI/f/IKcEe.yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u',
      '$bcrypt-sha256$v=2,t=2b,r=31$C6UzMDM.H6dfI/f/IKcEe.$yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u',
      '$bcrypt-sha256$v=1,t=2b,r=4$C6UzMDM.H6dfI/f/IKcEe.$yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u',
      '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
      '$peppered$k=00000000$2b$04$C6UzMDM.H6dfI/f/IKcEe.yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u',
      '\u0000\ud800',
      Buffer.from('$2b$04$') as never,
    ]

    test.each(unreadable)('%j is a clean failure', async (stored) => {
      expect((await cheap.verify('any password', stored)).ok).toBe(false)
    })

    test('every failure costs one verification at today’s cost', async () => {
      const { format, verified } = recording('new', /^\$new\$/)
      const service = passwords({}, { formats: [format] })
      for (const stored of unreadable) await service.verify('any password', stored)
      expect(verified).toEqual(unreadable.map(() => '$new$decoy'))
      await service.verify('wrong', '$new$right')
      expect(verified).toHaveLength(unreadable.length + 1)
    })

    test('the password of the decoy, if somebody found it, opens nothing', async () => {
      const { format } = recording('new', /^\$new\$/)
      const service = passwords({}, { formats: [format] })
      expect((await service.verify('decoy', null)).ok).toBe(false)
    })
  })

  describe('whatever is typed', () => {
    test('lone surrogates match nothing, not even each other', async () => {
      const hash = await cheap.hash('caf\ufffd')
      expect((await cheap.verify('caf\ud800', hash)).ok).toBe(false)
      expect(cheap.problemWith('long enough \udfff')).toContain('cannot be used')
    })

    test.each([
      ['1234567', 'Must have at least 8 characters.'],
      ['12345678', null],
      ['😀😀😀😀', 'Must have at least 8 characters.'],
      ['😀😀😀😀😀😀😀😀', null],
      ['x'.repeat(1024), null],
      ['😀'.repeat(1024), null],
      ['x'.repeat(1025), 'Must have at most 1024 characters.'],
      ['x'.repeat(10_000_000), 'Must have at most 1024 characters.'],
    ])('a new password %.12j…', (password, problem) => {
      expect(cheap.problemWith(password)).toBe(problem)
    })

    test('lone surrogates cost the same verification, against what is stored', async () => {
      const { format, verified } = recording('new', /^\$new\$/)
      const service = passwords({}, { formats: [format] })
      expect((await service.verify('\ud800', '$new$\ud800')).ok).toBe(false)
      expect(verified).toEqual(['$new$\ud800'])
    })

    test('may be longer at a login than a new password may be', async () => {
      const long = 'x'.repeat(5000)
      expect((await cheap.verify(long, await cheap.hash(long))).ok).toBe(true)
    })
  })

  describe('a pepper', () => {
    const plain = cheap
    const first = passwords({ cost: 4, pepper: pepper(1) })
    const rotated = passwords({ cost: 4, pepper: [pepper(2), pepper(1)] })

    test('is needed to verify, and named in the hash', async () => {
      const hash = await first.hash('correct horse')
      expect(hash).toMatch(/^\$peppered\$k=[0-9a-f]{8}\$bcrypt-sha256\$/)
      expect(await first.verify('correct horse', hash)).toEqual({ ok: true, outdated: false })
      expect((await plain.verify('correct horse', hash)).ok).toBe(false)
      const other = passwords({ cost: 4, pepper: pepper(3) })
      expect((await other.verify('correct horse', hash)).ok).toBe(false)
    })

    test('is keyed over the password, and its name in the hash is not what decides', async () => {
      const hash = await first.hash('correct horse')
      const inner = hash.slice('$peppered$k=00000000'.length)
      const keyed = createHmac('sha256', pepper(1)).update('correct horse').digest('base64url')
      expect((await plain.verify(keyed, inner)).ok).toBe(true)
      expect((await plain.verify('correct horse', inner)).ok).toBe(false)
      const name = (await rotated.hash('anything')).slice(0, '$peppered$k=00000000'.length)
      expect((await rotated.verify('correct horse', name + inner)).ok).toBe(false)
    })

    test('adopts the hashes from before it, as outdated', async () => {
      const hash = await plain.hash('correct horse')
      expect(await first.verify('correct horse', hash)).toEqual({ ok: true, outdated: true })
    })

    test('fits a column of 255 characters at every cost', async () => {
      const hash = await first.hash('correct horse')
      expect(hash.replace('r=4', 'r=16').length).toBeLessThanOrEqual(255)
    })

    test('costs the same verification where the hash names one that is not known', async () => {
      const { format, verified } = recording('new', /^\$new\$/)
      const service = passwords({ pepper: pepper(1) }, { formats: [format] })
      await service.verify('any password', '$peppered$k=00000000$new$any')
      expect(verified).toEqual(['$new$decoy'])
    })

    test('rotates: the first writes, all verify', async () => {
      const hash = await first.hash('correct horse')
      expect(await rotated.verify('correct horse', hash)).toEqual({ ok: true, outdated: true })
      const anew = await rotated.hash('correct horse')
      expect(await rotated.verify('correct horse', anew)).toEqual({ ok: true, outdated: false })
    })
  })

  describe('under load', () => {
    /** A service of two hashes at a time and four waiting, whose verifications wait for `ends`. */
    function busy() {
      const ends: (() => void)[] = []
      let atOnce = 0
      let most = 0
      const { format } = recording('new', /^\$new\$/)
      const held: PasswordFormat = {
        ...format,
        async verify() {
          most = Math.max(most, ++atOnce)
          await new Promise<void>((resolve) => ends.push(resolve))
          atOnce--
          return true
        },
      }
      const service = passwords({ concurrency: 2, maxQueued: 4 }, { formats: [held] })
      const verify = (signal?: AbortSignal) =>
        service.verify('right', '$new$right', signal && { signal })
      return { verify, service, ends, most: () => most }
    }

    const settle = () => new Promise((resolve) => setImmediate(resolve))

    test('no more hashes run at once than configured, and hashing counts as verifying', async () => {
      const { verify, service, ends, most } = busy()
      const all = [verify(), verify(), verify(), verify(), service.hash('new'), verify()]
      await expect(service.hash('one too many')).rejects.toMatchObject({ code: 'overloaded' })
      await expect(verify()).rejects.toMatchObject({ status: 503, code: 'overloaded' })
      for (let turn = 0; turn < 8; turn++) {
        ends.shift()?.()
        await settle()
      }
      await Promise.all(all)
      expect(most()).toBe(2)
    })

    test('a request that went away is refused, and hashes nothing', async () => {
      const { verify, ends } = busy()
      const running = [verify(), verify()]
      const leaving = new AbortController()
      const left = verify(leaving.signal)
      leaving.abort(new Error('gone'))
      await expect(left).rejects.toMatchObject({ code: 'connection_lost' })
      for (let turn = 0; turn < 4; turn++) {
        await settle()
        ends[turn]?.()
      }
      await Promise.all(running)
      expect(ends).toHaveLength(2)
    })
  })

  describe('an unusable password', () => {
    test.each([null, undefined, '', '!', '!AAAAAAAAAAAAAAAAAAAAAA'])('%j is one', (stored) => {
      expect(isUnusable(stored)).toBe(true)
    })

    test.each(['$2b$12$', ' !', 'plain'])('%j is none', (stored) => {
      expect(isUnusable(stored)).toBe(false)
    })

    test('is not opened by its own text', async () => {
      const stored = '!AAAAAAAAAAAAAAAAAAAAAA'
      expect((await cheap.verify(stored, stored)).ok).toBe(false)
    })
  })

  test('what is configured well is no problem', () => {
    expect(passwordProblems({})).toEqual([])
    expect(passwordProblems({ cost: 4, minLength: 100, maxLength: 100, maxQueued: 0 })).toEqual([])
    expect(passwordProblems({ pepper: [pepper(1), pepper(2)] })).toEqual([])
  })

  test.each([
    [{ cost: 3 }, 'passwords.cost'],
    [{ cost: 17 }, 'passwords.cost'],
    [{ cost: 12.5 }, 'passwords.cost'],
    [{ concurrency: 0 }, 'passwords.concurrency'],
    [{ maxQueued: -1 }, 'passwords.maxQueued'],
    [{ minLength: 0 }, 'passwords.minLength'],
    [{ maxLength: 8 }, 'passwords.maxLength'],
    [{ minLength: 65, maxLength: 64 }, 'passwords.minLength (65)'],
    [{ pepper: [pepper(1), 'short'] }, 'passwords.pepper'],
    [{ format: 'md5' as never }, 'passwords.format'],
    [{ pepper: 'short' }, 'passwords.pepper'],
    [{ pepper: [] }, 'passwords.pepper'],
    [{ pepper: 'x'.repeat(32), format: 'crudauth-py' as const }, 'passwords.pepper'],
  ])('%j is a problem', (options, text) => {
    expect(passwordProblems(options)).toEqual([expect.stringContaining(text)])
  })
})
