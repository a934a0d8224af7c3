import { hash as bcrypt, verify as bcryptVerify } from '@node-rs/bcrypt'
import type { AuthEvent } from 'crudauth'
import { argon2, django, laravel, wordpress } from 'crudauth/hashes'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { AdoptedFormat } from '../../src/passwords/adopted-format.ts'
import type { AdoptedVerifier } from '../../src/passwords/adoption.ts'
import type { PasswordFormat } from '../../src/passwords/format.ts'
import { type PasswordOptions, passwords } from '../../src/passwords/passwords.ts'
import { passwordProblems } from '../support/option-problems.ts'
import { members, world } from '../support/world.ts'

/** A service with native and adopted formats that hash nothing and log what they verified. */
function scene(names: readonly string[] = ['old', 'older']) {
  const log: string[] = []
  const events: AuthEvent[] = []
  const verify = async (password: string, stored: string) => {
    log.push(stored)
    return stored.endsWith(`$${password}`)
  }
  const native = (name: string, sharesSpelling = false): PasswordFormat => ({
    name,
    sharesSpelling,
    recognises: (stored) => stored.startsWith(`$${name}$`),
    isCurrent: () => true,
    saltOf: () => null,
    verify,
    hash: async (password) => `$${name}$${password}`,
    decoy: () => `$${name}$decoy`,
  })
  const adopted = (name: string): AdoptedFormat => ({
    name,
    recognises: (stored) => stored.startsWith(`$${name}$`),
    verify,
    decoy: () => `$${name}$decoy`,
  })
  const service = (
    adopt: readonly (AdoptedFormat | AdoptedVerifier)[] = names.map(adopted),
    options: PasswordOptions = {},
  ) =>
    passwords(
      { adopt, ...options },
      {
        formats: [native('new'), native('shared', true)],
        emit: (event) => events.push(event),
      },
    )
  return { adopted, events, log, service }
}

const unreadable = [null, undefined, '', '!', '!unusable', 'plaintext', '$other$x', '\u0000\ud800']

describe('Adopted hashes', () => {
  test('verify with their own password only, and are outdated', async () => {
    const { service } = scene()
    expect(await service().verify('right', '$old$right')).toEqual({ ok: true, outdated: true })
    expect(await service().verify('right', '$older$right')).toEqual({ ok: true, outdated: true })
    expect((await service().verify('wrong', '$old$right')).ok).toBe(false)
    expect((await service([]).verify('right', '$old$right')).ok).toBe(false)
  })

  test('leave ours as they are', async () => {
    const { service } = scene()
    expect(await service().verify('right', '$new$right')).toEqual({ ok: true, outdated: false })
  })

  test('are not peppered, and a text that says it is peppered is not theirs', async () => {
    const { log, service } = scene()
    const peppered = service(undefined, { pepper: 'a pepper of thirty-two bytes or more' })
    expect(await peppered.verify('right', '$old$right')).toEqual({ ok: true, outdated: true })
    const hash = await peppered.hash('right')
    expect(hash).toMatch(/^\$peppered\$k=[0-9a-f]{8}\$new\$/)
    expect(await peppered.verify('right', hash)).toEqual({ ok: true, outdated: false })
    log.length = 0
    await peppered.verify('right', '$peppered$k=00000000$old$right')
    expect(log).toEqual(['$new$decoy', '$old$decoy'])
  })

  test('lone surrogates match nothing', async () => {
    const { service } = scene()
    expect((await service().verify('\ud800', '$old$\ud800')).ok).toBe(false)
  })

  describe('cost every attempt one verification of each kind', () => {
    test.each<[string | null | undefined, string[]]>([
      ['$old$right', ['$new$decoy', '$old$right']],
      ['$older$right', ['$new$decoy', '$older$right']],
      ['$new$right', ['$new$right', '$old$decoy']],
      ...unreadable.map(
        (stored) => [stored, ['$new$decoy', '$old$decoy']] satisfies [unknown, string[]],
      ),
    ])('%j', async (stored, verified) => {
      for (const password of ['right', 'wrong', '\ud800']) {
        const { log, service } = scene()
        await service().verify(password, stored)
        expect(log).toEqual(verified)
      }
    })

    test('and without any, one verification', async () => {
      const { log, service } = scene()
      for (const stored of unreadable) await service([]).verify('any', stored)
      expect(log).toEqual(unreadable.map(() => '$new$decoy'))
    })

    test('as one unit of admitted work', async () => {
      const ends: (() => void)[] = []
      const held: AdoptedFormat = {
        name: 'held',
        recognises: () => true,
        verify: async () => {
          await new Promise<void>((resolve) => ends.push(resolve))
          return true
        },
        decoy: () => 'held',
      }
      const service = passwords({ adopt: [held], concurrency: 1, maxQueued: 0, cost: 4 })
      const running = service.verify('right', 'held')
      await expect(service.verify('right', 'held')).rejects.toMatchObject({ code: 'overloaded' })
      while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve))
      await expect(service.verify('right', 'held')).rejects.toMatchObject({ code: 'overloaded' })
      ends[0]?.()
      expect((await running).ok).toBe(true)
    })
  })

  test('the passwords of decoys open nothing', async () => {
    const { service } = scene()
    for (const stored of unreadable) {
      expect((await service().verify('decoy', stored)).ok).toBe(false)
    }
    expect((await service().verify('decoy', '$new$right')).ok).toBe(false)
    expect((await service().verify('decoy', '$old$right')).ok).toBe(false)
  })

  describe('spelled as one of ours', () => {
    test('are read both ways, always', async () => {
      for (const password of ['right', 'wrong']) {
        const { log, service } = scene(['shared'])
        await service().verify(password, '$shared$right')
        expect(log).toEqual(['$shared$right', '$shared$right'])
      }
    })

    test('plain bcrypt and crudauth-py hashes open with their own passwords', async () => {
      const plain: AdoptedVerifier = (password, stored) =>
        stored.startsWith('$2') ? bcryptVerify(password, stored) : null
      const written = await passwords({ cost: 4, format: 'crudauth-py' }).hash('right one')
      const foreign = await bcrypt('right one', { cost: 4 })
      for (const format of ['crudauth-py', 'bcrypt-sha256'] as const) {
        const service = passwords({ cost: 4, format, adopt: [plain] })
        expect(await service.verify('right one', foreign)).toEqual({ ok: true, outdated: true })
        expect((await service.verify('wrong one', foreign)).ok).toBe(false)
        expect(await service.verify('right one', written)).toEqual({
          ok: true,
          outdated: format !== 'crudauth-py',
        })
        expect((await service.verify('wrong one', written)).ok).toBe(false)
      }
    })
  })

  describe('by a function', () => {
    test.each([
      [true, true],
      [false, false],
      [null, false],
      [Promise.resolve(true), true],
      [Promise.resolve(false), false],
      [Promise.resolve(null), false],
      [undefined as never, false],
      [1 as never, false],
      ['true' as never, false],
      [{} as never, false],
    ])('that answers %j admit: %s', async (answer, ok) => {
      const { service } = scene()
      expect(await service([() => answer]).verify('right', 'md5:x')).toEqual({ ok, outdated: true })
    })

    test('get the password and what is stored, and pass on what is not theirs', async () => {
      const { adopted, service } = scene()
      const asked: string[][] = []
      const md5: AdoptedVerifier = (...args) => {
        asked.push(args)
        return args[1].startsWith('md5:') ? args[1] === `md5:${args[0]}` : null
      }
      const both = service([md5, adopted('old')])
      expect((await both.verify('right', 'md5:right')).ok).toBe(true)
      expect((await both.verify('right', '$old$right')).ok).toBe(true)
      expect(asked).toEqual([
        ['right', 'md5:right'],
        ['right', '$old$right'],
      ])
    })

    test('never see what only we could have written', async () => {
      const { service } = scene()
      const asked: string[] = []
      const nosy = service([(_, stored) => asked.push(stored) > 0])
      await nosy.verify('right', '$new$right')
      await nosy.verify('right', '$peppered$k=00000000$new$right')
      await nosy.verify('right', '$peppered$k=00000000$of another time')
      for (const stored of [null, '', '!']) await nosy.verify('right', stored)
      expect(asked).toEqual([])
    })

    test('are asked about crudauth-py hashes, as those may be plain bcrypt', async () => {
      const asked: string[] = []
      const nosy = passwords({ cost: 4, adopt: [(_, stored) => asked.push(stored) < 0] })
      const hash = (options: PasswordOptions) => passwords(options).hash('right')
      const argon2 = { memory: 8 }
      await nosy.verify('right', await hash({ cost: 4 }))
      await nosy.verify('right', await hash({ format: 'argon2id', argon2 }))
      expect(asked).toEqual([])
      const shared = await hash({ cost: 4, format: 'crudauth-py' })
      await nosy.verify('right', shared)
      expect(asked).toEqual([shared])
    })

    test('cost every attempt the same, once one was seen', async () => {
      const { service } = scene()
      const asked: string[] = []
      const md5: AdoptedVerifier = (_, stored) => {
        if (!stored.startsWith('md5:')) return null
        asked.push(stored)
        return false
      }
      const one = service([md5])
      await one.verify('any', 'md5:seen')
      for (const stored of [...unreadable, '$new$right']) await one.verify('any', stored)
      expect(asked).toEqual(Array(unreadable.length + 2).fill('md5:seen'))
    })

    test('admit nobody by the hash that stands in', async () => {
      const { service } = scene()
      const one = service([(password, stored) => stored === `md5:${password}` || null])
      expect((await one.verify('right', 'md5:right')).ok).toBe(true)
      for (const stored of [...unreadable, '$new$other']) {
        expect((await one.verify('right', stored)).ok).toBe(false)
      }
    })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no such module')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no such module'))],
  ])('by what %s are a clean failure, and an event', async (_, broken: () => Promise<never>) => {
    const { adopted, events, service } = scene()
    const format: AdoptedFormat = { ...adopted('old'), verify: broken }
    for (const one of [service([format]), service([broken])]) {
      expect((await one.verify('right', '$old$right')).ok).toBe(false)
    }
    const error = expect.objectContaining({ message: 'no such module' })
    expect(events).toEqual([
      { name: 'password.adopted_failed', format: 'old', error },
      { name: 'password.adopted_failed', format: 'anonymous', error },
    ])
    expect((await service([format]).verify('right', '$new$right')).ok).toBe(true)
  })

  test('are replaced at the login of their owner', async () => {
    const md5: AdoptedVerifier = (password, stored) =>
      stored.startsWith('md5:') ? stored === `md5:${password}` : null
    const { db, events, loggedIn, member } = world({ passwords: { adopt: [md5] } })
    const ann = await member()
    const where = eq(members.id, ann.id)
    db.update(members)
      .set({ hashedPassword: `md5:${ann.password}` })
      .where(where)
      .run()
    await loggedIn(ann)
    expect(db.select().from(members).where(where).get()?.hashedPassword).toMatch(/^\$bcrypt-sha256/)
    expect(events).toContainEqual({ name: 'password.upgraded', userId: ann.id })
    await loggedIn(ann)
  })

  test('are not replaced for a password that only the other system takes for the same', async () => {
    const { service } = scene()
    const format = wordpress()
    const stored = '$P$5saltsaltL3FzpWcZLJU9vJ2S4.XV11'
    const check = (password: string) => service([format]).verify(password, stored)
    expect(await check('correct horse')).toEqual({ ok: true, outdated: true })
    expect(await check('correct horse ')).toEqual({ ok: true, outdated: false })
    expect((await check('correct  horse')).ok).toBe(false)

    const { member, browser, db } = world({ passwords: { adopt: [format] } })
    const ann = await member()
    await db.update(members).set({ hashedPassword: stored })
    const logIn = async (password: string) =>
      (await browser().post('/login', { username: ann.username, password })).status
    expect(await logIn('correct horse\n')).toBe(200)
    expect(await logIn('correct horse')).toBe(200)
    expect((await db.select().from(members))[0]?.hashedPassword).toMatch(/^\$bcrypt-sha256\$/)
  })

  test('are named in the description', () => {
    const { adopted } = scene()
    const { auth } = world({ passwords: { adopt: [adopted('old'), function md5() {} as never] } })
    expect(auth.describe().passwords.adopted).toEqual(['old', 'md5'])
  })

  test('configured well are no problem', () => {
    const { adopted } = scene()
    expect(passwordProblems({ adopt: [adopted('old'), () => null] })).toEqual([])
    expect(passwordProblems({ adopt: [] })).toEqual([])
  })

  test.each([
    [() => null, 'must be a list'],
    [[null], 'passwords.adopt[0] must be a format'],
    [[{ name: 'old', verify: () => true }], 'passwords.adopt[0] must be a format'],
    [
      [() => null, { ...scene().adopted('old'), decoy: (): string => 'x' }],
      'passwords.adopt[1] (old) does not recognise its own decoy',
    ],
    [[django({ iterations: '600000' } as never)], 'django.iterations must be a whole number'],
    [[django({ rounds: 5 } as never)], 'django.rounds is not an option'],
    [[wordpress({ writer: 'md5' } as never)], "wordpress.writer must be 'phpass' or 'bcrypt'"],
    [[argon2({ memory: 1 })], 'argon2.memory must be a whole number'],
    [[laravel({ argon2: { passes: 0 } })], 'laravel.argon2.passes must be a whole number'],
  ])('configured as %j are a problem', (adopt, text) => {
    expect(passwordProblems({ adopt: adopt as never })).toEqual([expect.stringContaining(text)])
  })
})
