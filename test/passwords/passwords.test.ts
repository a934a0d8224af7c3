import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { AuthError } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { admission } from '../../src/passwords/admission.ts'
import type { PasswordFormat } from '../../src/passwords/format.ts'
import { passwordProblems, passwords } from '../../src/passwords/passwords.ts'

interface Vector {
  format: 'bcrypt-sha256' | 'crudauth-py'
  password: string
  hash: string
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as Vector[]

const cheap = passwords({ cost: 4 })
const cheapPy = passwords({ cost: 4, format: 'crudauth-py' })
const pepper = (n: number) => `pepper number ${n}, at least thirty-two bytes`

/** A format that hashes nothing and remembers what it was asked. */
function recording(name: string, spelling: RegExp) {
  const verified: string[] = []
  const format: PasswordFormat = {
    name,
    recognises: (stored) => spelling.test(stored),
    isCurrent: () => true,
    verify: async (password, stored) => {
      verified.push(stored)
      return stored === `$${name}$${password}`
    },
    hash: async (password) => `$${name}$${password}`,
    decoy: () => `$${name}$decoy`,
  }
  return { format, verified }
}

/** Work that ends when it is told to. */
function held() {
  const releases: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => releases.push(resolve))
  return { work, releases }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('Passwords', () => {
  describe('hashes made by Python', () => {
    test('verify, and only with their own password', async () => {
      for (const { password, hash } of vectors) {
        expect((await cheap.verify(password, hash)).ok, hash).toBe(true)
        expect((await cheap.verify(`${password}x`, hash)).ok, hash).toBe(false)
      }
    })

    const salt = '$2b$12$C6UzMDM.H6dfI/f/IKcEe.'
    test.each([
      ['pw123456', 'yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u'],
      ['hunter2', '1LU8eL1m4VDedgOhEFFnZB9t2PZFd1q'],
      ['', 'QxAbhZZTGMfDa6hqdMiFAawi7sUHEBi'],
      ['p\u00e4ssw\u00f6rd-\u2713', 'DFXmkLIoJNM7iXpKgLu3KDo12ypfz5S'],
      [`${'a'.repeat(72)}X`, 'ZpK47ZDFi5YVcMaGToVPfW.dDINuSIm'],
    ])('the contract’s vector for %j verifies', async (password, digest) => {
      expect((await cheap.verify(password, salt + digest)).ok).toBe(true)
    })

    test('in the contract’s format are outdated, unless that is what is written', async () => {
      const hash = await cheapPy.hash('hunter2 and more')
      expect(hash).toMatch(/^\$2b\$04\$/)
      expect(await cheap.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: true })
      expect(await cheapPy.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: false })
    })

    test('of another cost are outdated', async () => {
      const hash = await passwords({ cost: 5 }).hash('hunter2 and more')
      expect(await cheap.verify('hunter2 and more', hash)).toEqual({ ok: true, outdated: true })
    })
  })

  describe('hashes made here', () => {
    const python = '/usr/bin/python3'
    const hasPasslib = spawnSync(python, ['-c', 'import passlib, bcrypt']).status === 0

    test.skipIf(!hasPasslib && !process.env['CI'])(
      'are accepted by passlib and by Python’s bcrypt (needs python3-passlib, python3-bcrypt)',
      async () => {
        const made: Vector[] = []
        for (const password of ['hunter2', '', 'p\u00e4ss\u2713', 'a'.repeat(100)]) {
          made.push({ format: 'bcrypt-sha256', password, hash: await cheap.hash(password) })
          made.push({ format: 'crudauth-py', password, hash: await cheapPy.hash(password) })
        }
        const script = `
import base64, hashlib, json, sys, bcrypt
from passlib.hash import bcrypt_sha256
for one in json.load(sys.stdin):
    if one["format"] == "bcrypt-sha256":
        print(bcrypt_sha256.verify(one["password"], one["hash"]))
    else:
        text = base64.b64encode(hashlib.sha256(one["password"].encode()).digest())
        print(bcrypt.checkpw(text, one["hash"].encode()))
`
        const output = execFileSync(python, ['-c', script], { input: JSON.stringify(made) })
        expect(output.toString().trim().split('\n')).toEqual(made.map(() => 'True'))
      },
    )

    test('are in passlib’s bcrypt_sha256 v2 format, salted anew each time', async () => {
      const [one, other] = await Promise.all([cheap.hash('the same'), cheap.hash('the same')])
      expect(one).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/)
      expect(one).not.toBe(other)
      expect(await cheap.verify('the same', one)).toEqual({ ok: true, outdated: false })
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

    test('is not normalised: the bytes that were typed are the password', async () => {
      const hash = await cheap.hash('caf\u00e9 au lait')
      expect((await cheap.verify('cafe\u0301 au lait', hash)).ok).toBe(false)
    })
  })

  describe('a pepper', () => {
    const plain = cheap
    const first = passwords({ cost: 4, pepper: pepper(1) })
    const rotated = passwords({ cost: 4, pepper: [pepper(2), pepper(1)] })

    test('is needed to verify, and named in the hash', async () => {
      const hash = await first.hash('correct horse')
      expect(hash).toMatch(/^\$peppered\$k=[0-9a-f]{8}\$bcrypt-sha256\$/)
      expect(hash.length).toBeLessThan(256)
      expect(await first.verify('correct horse', hash)).toEqual({ ok: true, outdated: false })
      expect((await plain.verify('correct horse', hash)).ok).toBe(false)
      const other = passwords({ cost: 4, pepper: pepper(3) })
      expect((await other.verify('correct horse', hash)).ok).toBe(false)
    })

    test('adopts the hashes from before it, as outdated', async () => {
      const hash = await plain.hash('correct horse')
      expect(await first.verify('correct horse', hash)).toEqual({ ok: true, outdated: true })
    })

    test('rotates: the first writes, all verify', async () => {
      const hash = await first.hash('correct horse')
      expect(await rotated.verify('correct horse', hash)).toEqual({ ok: true, outdated: true })
      const anew = await rotated.hash('correct horse')
      expect(await rotated.verify('correct horse', anew)).toEqual({ ok: true, outdated: false })
    })
  })

  describe('admission', () => {
    const options = { concurrency: 2, maxQueued: 3, clock: () => 0 }

    test('runs no more at once than it may, in the order in which they came', async () => {
      const admit = admission(options)
      const { work, releases } = held()
      const order: number[] = []
      const all = [0, 1, 2, 3, 4].map((n) => admit(work).then(() => order.push(n)))
      await settle()
      expect(releases).toHaveLength(2)
      for (let n = 0; n < 5; n++) {
        releases[n]?.()
        await settle()
        expect(releases).toHaveLength(Math.min(5, n + 3))
      }
      await Promise.all(all)
      expect(order).toEqual([0, 1, 2, 3, 4])
    })

    test('refuses with 503 and Retry-After what finds the queue full', async () => {
      const admit = admission(options)
      const { work, releases } = held()
      const admitted = [0, 1, 2, 3, 4].map(() => admit(work))
      const error = await admit(work).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(AuthError)
      expect(error).toMatchObject({ status: 503, code: 'overloaded' })
      expect(Number((error as AuthError).headers['Retry-After'])).toBeGreaterThanOrEqual(1)
      for (let n = 0; n < 5; n++) {
        releases[n]?.()
        await settle()
      }
      await Promise.all(admitted)
      const again = admit(work)
      await settle()
      releases[5]?.()
      await again
    })

    test('work that fails makes room all the same', async () => {
      const admit = admission({ ...options, concurrency: 1 })
      const failing = [0, 1, 2].map(() => admit(() => Promise.reject(new Error('no'))))
      expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual([
        'rejected',
        'rejected',
        'rejected',
      ])
      await expect(admit(async () => 'yes')).resolves.toBe('yes')
    })

    test('who leaves while waiting is not run, and frees the place', async () => {
      const admit = admission({ ...options, concurrency: 1, maxQueued: 1 })
      const { work, releases } = held()
      const running = admit(work)
      const leaving = new AbortController()
      const left = admit(work, leaving.signal).catch((error: unknown) => error)
      leaving.abort(new Error('gone'))
      expect(await left).toMatchObject({ message: 'gone' })
      const next = admit(work)
      releases[0]?.()
      await running
      await settle()
      expect(releases).toHaveLength(2)
      releases[1]?.()
      await next
    })
  })

  test.each([
    [{ cost: 3 }, 'passwords.cost'],
    [{ cost: 17 }, 'passwords.cost'],
    [{ cost: 12.5 }, 'passwords.cost'],
    [{ concurrency: 0 }, 'passwords.concurrency'],
    [{ maxQueued: -1 }, 'passwords.maxQueued'],
    [{ minLength: 0 }, 'passwords.minLength'],
    [{ maxLength: 8 }, 'passwords.maxLength'],
    [{ format: 'md5' as never }, 'passwords.format'],
    [{ pepper: 'short' }, 'passwords.pepper'],
    [{ pepper: [] }, 'passwords.pepper'],
  ])('%j is a problem', (options, text) => {
    expect(passwordProblems(options)).toEqual([expect.stringContaining(text)])
  })
})
