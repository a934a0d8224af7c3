import type { AuthEvent } from 'crudauth'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commonPasswordText } from '../../src/passwords/common-passwords-list.ts'
import { isBuiltFrom } from '../../src/passwords/context-words.ts'
import { type PasswordOptions, passwords } from '../../src/passwords/passwords.ts'
import { passwordProblems } from '../support/option-problems.ts'
import { json, type WorldConfig, world } from '../support/world.ts'

const common = 'Must not be a commonly used password.'
const own = 'Must be more than your name, your e-mail address or the name of this application.'

/** The verdict on a new password. */
async function verdict(password: string, context: string[] = [], options: PasswordOptions = {}) {
  return passwords(options, { application: 'shopping' }).check(password, context)
}

describe('New passwords', () => {
  test('are held against their length first', async () => {
    expect(await verdict('short')).toBe('Must have at least 8 characters.')
    expect(await verdict('password', [], { minLength: 9 })).toBe('Must have at least 9 characters.')
    expect(await verdict('x'.repeat(1025))).toBe('Must have at most 1024 characters.')
    expect(await verdict('well formed \ud800')).toBe('Contains characters that cannot be used.')
  })

  test.each([
    'correct horse battery',
    'correct horse battery staple',
    'Tr0ub4dor&3 and more',
    '73920164',
    'zażółć gęślą jaźń',
    '鍵を開けるための長い言葉',
    'password of mine that is long',
    '12345678 elephants',
    '😀🐎🔋📎😎🚀🌍🎲',
  ])('%s is good', async (password) => {
    expect(await verdict(password, ['ann@example.com', 'ann'])).toBeNull()
  })

  describe('that are common', () => {
    test.each([
      'password',
      'PassWord',
      'ｐａｓｓｗｏｒｄ',
      '𝐏𝐚𝐬𝐬𝐰𝐨𝐫𝐝',
      'ﬁghtclub',
      '123456789',
      'qwertyuiop',
      'iloveyou',
      'trustno1',
      // What the list need not spell out.
      'aaaaaaaa',
      'xXxXxXxX',
      '12341234',
      'abcabcabc',
      '😀😀😀😀😀😀😀😀',
      '24121987',
      '12241987',
      '20011231',
    ])('%s is refused, without being repeated', async (password) => {
      expect(await verdict(password)).toBe(common)
    })

    test.each(['aaaaaaab', '32131987', '24121887', '12345123456'])(
      '%s is not',
      async (password) => {
        expect(await verdict(password)).toBeNull()
      },
    )

    test('are at least three thousand of the usual length, each of them refused', async () => {
      const listed = commonPasswordText.trim().split(/\s+/)
      expect(new Set(listed).size).toBe(listed.length)
      const usual = listed.filter((one) => one.length >= 8)
      expect(usual.length).toBeGreaterThanOrEqual(3000)
      const service = passwords({ minLength: 4 })
      for (const one of listed) expect(await service.check(one, []), one).toBe(common)
      expect(await service.check('1234', [])).toBe(common)
    })

    test('are let through by option', async () => {
      expect(await verdict('password', [], { policy: { common: false } })).toBeNull()
    })
  })

  describe('built from names', () => {
    test.each([
      ['annsmith', ['annsmith']],
      ['AnnSmith1985!', ['annsmith']],
      ['ann.smith@example.com', ['ann.smith@example.com']],
      ['ann-smith-2024', ['ann.smith@example.com']],
      ['smith, ann', ['ann.smith@example.com']],
      ['ab-1985-ab', ['a.b@example.com']],
      ['example.2024', ['ann.smith@example.com']],
      ['ann ann ann', ['ann']],
      ['ａｎｎ12345', ['ann']],
      ['1a2n3n4!', ['ann']],
      ['bo123456', ['bo']],
      ['łukasz99', ['Łukasz']],
      ['ann12345', ['ann99']],
      ['15551234567', ['+1 555 1234567']],
      ['+1-555-123-4567', ['+15551234567']],
      ['shopping1', []],
      ['Shopping!Shopping', []],
      ['smithshopping', ['smith']],
    ])('%s is refused where the names are %j', async (password, context) => {
      expect(await verdict(password, context)).toBe(own)
    })

    test.each([
      ['ann and the horses', ['ann']],
      ['shopping for horses', []],
      ['smithereens', ['smith']],
      ['bobobonobo', ['bo']],
      ['98765012', ['ann']],
      ['98765012', ['98765', '1']],
      ['1555123456789', ['+1 555 1234567']],
      ['aannnn--', ['ann']],
      ['on-co-mm-1985', ['co.mm.on']],
    ])('%s is not where they are %j', async (password, context) => {
      expect(await verdict(password, context)).toBeNull()
    })

    test('further words count as well', async () => {
      const options = { policy: { words: ['Acme Rockets'] } }
      expect(await verdict('acmerockets99', [], options)).toBe(own)
      expect(await verdict('acme rockets at night', [], options)).toBeNull()
    })

    test('are let through by option', async () => {
      const options = { policy: { contextWords: false } }
      expect(await verdict('annsmith1985', ['annsmith'], options)).toBeNull()
    })

    test('whatever the names are, a password without them is not', () => {
      fc.assert(
        fc.property(fc.array(fc.string({ unit: 'grapheme' })), (names) => {
          const context = names.filter((name) => !/[pqyz]/i.test(name.normalize('NFKC')))
          expect(isBuiltFrom('pqyz-zyqp', context)).toBe(false)
        }),
      )
    })
  })

  describe('known from a breach', () => {
    const asked: string[] = []
    const isBreached = async (password: string) => {
      asked.push(password)
      if (password === 'nobody knows') throw new Error('out of order')
      return password === 'known to everybody'
    }

    test('are refused', async () => {
      const options = { policy: { breached: { isBreached } } }
      expect(await verdict('known to everybody', [], options)).toBe(
        'Must not be known from a data breach.',
      )
      expect(await verdict('known to nobody', [], options)).toBeNull()
    })

    test('are asked about only where nothing else is wrong', async () => {
      asked.length = 0
      const options = { policy: { breached: { isBreached } } }
      for (const password of ['short', 'password', 'annsmith85']) {
        await verdict(password, ['annsmith'], options)
      }
      expect(asked).toEqual([])
    })

    test.each([
      [undefined, null, 'let_through'],
      ['allow' as const, null, 'let_through'],
      ['refuse' as const, 'Could not be checked. Try again in a moment.', 'refused'],
    ])('or not, nobody can tell, %j', async (onOutage, message, effect) => {
      const events: AuthEvent[] = []
      const breached = { isBreached, ...(onOutage ? { onOutage } : {}) }
      const service = passwords({ policy: { breached } }, { emit: (event) => events.push(event) })
      expect(await service.check('nobody knows', [])).toBe(message)
      const error = expect.objectContaining({ message: 'out of order' })
      expect(events).toEqual([{ name: 'password.breach_check_failed', effect, error }])
    })
  })

  describe('at registration', () => {
    async function register(fields: Record<string, string>, config: WorldConfig = {}) {
      const { browser, member } = world(config)
      await member('taken')
      const response = await browser().post('/register', {
        email: 'ann@example.com',
        username: 'ann',
        password: 'correct horse battery',
        ...fields,
      })
      return { status: response.status, body: await json(response) }
    }

    test.each([
      ['password1', common],
      ['ann-ann-1985', own],
      ['ann@example.com', own],
    ])('%s is a problem of the field, and is not repeated', async (password, message) => {
      const { status, body } = await register({ password })
      expect(status).toBe(422)
      expect(body).toMatchObject({
        code: 'validation_failed',
        errors: [{ path: 'password', message }],
      })
      expect(JSON.stringify(body)).not.toContain(password)
    })

    test('say the same whether or not the name is taken', async () => {
      const free = await register({ username: 'free', password: 'password1' })
      const taken = await register({ username: 'taken', password: 'password1' })
      expect(taken).toEqual(free)
    })

    test('are asked about whether or not the name is taken', async () => {
      const asked: string[] = []
      const breached = {
        isBreached: async (password: string) => {
          asked.push(password)
          return false
        },
      }
      const config = { passwords: { policy: { breached } } }
      await register({ username: 'free', password: 'a horse of her own' }, config)
      await register({ username: 'taken', password: 'a horse of his own' }, config)
      expect(asked).toContain('a horse of her own')
      expect(asked).toContain('a horse of his own')
    })
  })

  test('the policy is described', () => {
    const isBreached = async () => false
    const policy = { common: false, breached: { isBreached, onOutage: 'refuse' as const } }
    const { passwords: described, outages } = world({ passwords: { policy } }).auth.describe()
    expect(described.policy).toEqual({ common: false, contextWords: true, breached: true })
    expect(outages.at(-1)).toMatchObject({ answer: '422 validation_failed', fails: 'closed' })
  })

  test.each([
    [{ common: 'yes' }, 'passwords.policy.common'],
    [{ contextWords: 1 }, 'passwords.policy.contextWords'],
    [{ words: 'acme' }, 'passwords.policy.words'],
    [{ words: [1] }, 'passwords.policy.words'],
    [{ breached: true }, 'passwords.policy.breached'],
    [{ breached: null }, 'passwords.policy.breached'],
    [{ breached: { isBreached: async () => true, problems: ['no key'] } }, 'no key'],
  ])('a policy of %j is a problem', (policy, text) => {
    expect(passwordProblems({ policy: policy as never })).toEqual([expect.stringContaining(text)])
  })
})
