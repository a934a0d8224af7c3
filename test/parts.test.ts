/**
 * The parts by themselves: what they do, and that none brings the rest of the library along.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AuthError, bearer, memoryStorage, recovery, session, sudo } from 'crudauth'
import { clientAddress } from 'crudauth/client-address'
import {
  canonicalEmail,
  canonicalIdentifier,
  canonicalPhone,
  canonicalUsername,
  maskContact,
  maskEmail,
  maskPhone,
  parseEmail,
  problemWithUsername,
} from 'crudauth/identifiers'
import { lockout, throttle } from 'crudauth/limits'
import { isUnusablePassword, passwordHashing, unusablePassword } from 'crudauth/passwords'
import { testInbox } from 'crudauth/testing'
import { signedTokens } from 'crudauth/tokens'
import { rolldown } from 'rolldown'
import { describe, expect, test } from 'vitest'
import { Clock } from './support/clock.ts'
import { secret, world } from './support/world.ts'

const root = resolve(import.meta.dirname, '..')

describe('crudauth/passwords', () => {
  const hashing = passwordHashing({ cost: 4 })

  test('hashes, verifies, and verifies nobody at the same work', async () => {
    const stored = await hashing.hash('correct horse battery')
    expect(await hashing.verify('correct horse battery', stored)).toEqual({
      ok: true,
      outdated: false,
    })
    expect((await hashing.verify('another', stored)).ok).toBe(false)
    expect((await hashing.verify('correct horse battery', null)).ok).toBe(false)
  })

  test('judges new ones by the policy', async () => {
    expect(await hashing.check('short')).toContain('at least 8')
    expect(await hashing.check('ann@example.com', ['ann@example.com'])).not.toBeNull()
    expect(await hashing.check('correct horse battery')).toBeNull()
  })

  test('makes what no password has', async () => {
    const [one, two] = [unusablePassword(), unusablePassword()]
    expect(one).not.toBe(two)
    for (const stored of [one, '', null, undefined]) expect(isUnusablePassword(stored)).toBe(true)
    expect(isUnusablePassword(await hashing.hash('correct horse battery'))).toBe(false)
    expect((await hashing.verify(one, one)).ok).toBe(false)
  })

  test('refuses options that are none', () => {
    expect(() => passwordHashing({ cost: 99 })).toThrow('passwords.cost')
  })
})

describe('crudauth/identifiers', () => {
  test.each([
    [parseEmail(' Ann <ANN@Example.com> '), 'ann@example.com'],
    [parseEmail('nonsense'), null],
    [canonicalEmail('ANN@xn--mnchen-3ya.de'), 'ann@münchen.de'],
    [canonicalUsername('ａｎｎ'), 'ann'],
    [canonicalUsername('Ann', { ignoreCase: true }), 'ann'],
    [problemWithUsername(' ann'), 'Must not begin or end with a space.'],
    [canonicalPhone('+43 (660) 123-45'), '+4366012345'],
    [canonicalIdentifier('ANN@Example.com'), 'ann@example.com'],
    [canonicalIdentifier('Ann'), 'Ann'],
    [maskEmail('john@example.com'), 'j***@example.com'],
    [maskEmail('@example.com'), '***'],
    [maskEmail('nonsense'), '***'],
    [maskPhone('+43 660 12345678'), '+43***78'],
    [maskPhone('12'), '***'],
    [maskContact('john@example.com'), 'j***@example.com'],
    [maskContact('+1 212 555 0100'), '+1***00'],
  ])('%s is %s', (is, expected) => {
    expect(is).toBe(expected)
  })
})

describe('crudauth/client-address', () => {
  test('believes headers of a trusted proxy only', () => {
    const addressOf = clientAddress({ trustedProxies: { networks: ['10.0.0.0/8'] } })
    const headers = new Headers({ 'x-forwarded-for': '203.0.113.7' })
    expect(addressOf(headers, '10.0.0.1')?.address).toBe('203.0.113.7')
    expect(addressOf(headers, '198.51.100.1')?.address).toBe('198.51.100.1')
    expect(addressOf(headers, undefined)).toBeNull()
    expect(clientAddress()(headers, '2001:db8:1:2::3')?.network).toBe('2001:db8:1:2::/64')
    expect(() => clientAddress({ ipv6Prefix: 0 })).toThrow('clientAddress.ipv6Prefix')
  })
})

describe('crudauth/tokens', () => {
  test('are valid, expired or invalid', async () => {
    const clock = new Clock()
    const tokens = signedTokens({ secret, audience: 'downloads', clock: clock.read })
    const token = await tokens.sign({ sub: '7' }, 60)
    expect(await tokens.verify(token)).toMatchObject({
      state: 'valid',
      claims: { sub: '7', aud: 'downloads' },
    })
    clock.advance(61)
    expect(await tokens.verify(token)).toEqual({ state: 'expired' })
    const others = signedTokens({ secret: `${secret} of others`, clock: clock.read })
    expect(await others.verify(token)).toEqual({ state: 'invalid' })
    await expect(tokens.sign({ sub: '7' }, 0)).rejects.toThrow(RangeError)
  })

  test.each([
    [{}, 'one of the two'],
    [{ secret: 'short' }, 'at least 32 bytes'],
    [{ secret, keys: [{ kty: 'OKP' } as never] }, 'keys[0]'],
  ])('%j is refused', (options, message) => {
    expect(() => signedTokens(options)).toThrow(message)
  })
})

describe('crudauth/limits', () => {
  test('a throttle counts by key, and gives back', async () => {
    const limits = throttle({ storage: memoryStorage() })
    const limit = { times: 2, seconds: 3600 }
    await limits.spend('export', 'ann', limit)
    expect(await limits.spend('export', 'ann', limit)).toEqual({ limit: 2, remaining: 0 })
    await expect(limits.spend('export', 'ann', limit)).rejects.toMatchObject({
      code: 'rate_limited',
    })
    await limits.spend('export', 'bob', limit)
    await limits.giveBack('export', 'ann', limit)
    await limits.spend('export', 'ann', limit)
  })

  test('a lockout refuses the sixth wrong guess of a network, with and without a key', async () => {
    const seen = async (key: string | null) => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read })
      const guessing = lockout({ storage, secret, clock: clock.read, onEvent: () => undefined })
      const outcomes: unknown[] = []
      for (let n = 0; n < 7; n++) {
        try {
          const guess = { key, typed: 'SPRING', network: '192.0.2.1' }
          outcomes.push(await (await guessing.attempt(guess)).failed())
        } catch (error) {
          outcomes.push(error instanceof AuthError ? error.code : error)
        }
      }
      return outcomes
    }
    const known = await seen('voucher-7')
    expect(known).toEqual([null, null, null, null, null, 'login_locked', 'login_locked'])
    expect(await seen(null)).toEqual(known)
  })

  test('a lockout is opened, and refuses what is no secret', async () => {
    const guessing = lockout({ storage: memoryStorage(), secret, onEvent: () => undefined })
    const guess = { key: 'k', typed: 'k', network: '192.0.2.1' }
    for (let n = 0; n < 5; n++) await (await guessing.attempt(guess)).failed()
    await expect(guessing.attempt(guess)).rejects.toMatchObject({ code: 'login_locked' })
    await guessing.open('k')
    await (await guessing.attempt(guess)).succeeded()
    expect(() => lockout({ storage: memoryStorage(), secret: 'short' })).toThrow('32 bytes')
  })
})

describe('A bundle of one part', () => {
  /** What is in it: rooms of the library, and packages. */
  async function contents(entry: string): Promise<ReadonlySet<string>> {
    const made = await rolldown({
      input: join(root, `src/parts/${entry}.ts`),
      platform: 'node',
      external: [/^node:/, /^@node-rs\//, /^jose$/],
    })
    const { output } = await made.generate({ format: 'esm' })
    await made.close()
    const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    return new Set(
      modules.flatMap((id) => {
        const own = /\/src\/([\w-]+)/.exec(id)?.[1]
        const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1]
        return dependency ?? own ?? []
      }),
    )
  }

  test.each([
    ['identifiers', ['parts', 'users']],
    ['client-address', ['errors', 'http', 'ipaddr.js', 'options', 'parts']],
    ['tokens', ['crypto', 'errors', 'options', 'parts', 'storage', 'tokens']],
    [
      'passwords',
      ['crypto', 'deadlines', 'errors', 'events', 'listener', 'options', 'parts', 'passwords'],
    ],
    [
      'limits',
      [
        'crypto',
        'deadlines',
        'errors',
        'events',
        'limits',
        'listener',
        'options',
        'parts',
        'storage',
      ],
    ],
  ])('%s has nothing of the rest', async (entry, allowed) => {
    const found = [...(await contents(entry))]
    expect(found.filter((room) => !allowed.includes(room))).toEqual([])
    expect(found).toContain('parts')
  })
})

describe('The table of parts', () => {
  const page = readFileSync(join(root, 'docs/parts.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| '))

  /** What the original exports, takes and offers, by its own names. */
  const original = `authenticatePassword issueTokens currentUser requireSudo rateLimit repo sessions sudo
    emails oauth identity hooks transports runtime router sessionRouter bearerRouter initialize shutdown
    col has isUniqueColumn get setField getById getByField getByEmail getByUsername resolveLogin
    getByOauth usernameExists filterRegistrationData gatedRegisterFields droppableRegisterFields
    filterProvisioningData create update isSuperuser emailVerified recoveryVerified markRecoveryVerified
    isActive userId tokenVersion incrementTokenVersion toDict createSession validateSession
    terminateSession terminateAllUserSessions listForUser revoke revokeAll regenerateCsrfToken
    validateCsrfToken setSessionCookies setCsrfCookie clearSessionCookies timeoutSecondsFor
    cleanupExpiredSessions trackLoginAttempt requestRecoveryVerification confirmRecoveryVerification
    requestPasswordReset resetPassword requestEmailChange confirmEmailChange notifyExistingAccount
    getOrCreateUser get_or_create_user generateState generatePkceCodes getAuthorizationUrl exchangeCode
    getUserInfo processUserInfo registerProvider getProviderClass createProvider elevate isElevated
    checkAndRecord check_and_record set_if_absent get_and_delete get_user_sessions scan_keys
    delete_pattern increment increment_and_refresh_ttl get_count get_ttl reset ping increment_and_check
    extend exists delete session user_model SECRET_KEY column_map email channels redirect_base_url
    algorithm cookies register_schema register_extra_fields new_user_fields new_user_defaults
    rate_limiter rate_limits trusted_proxy_hops warn_on_memory_backend backend redis_url csrf
    max_sessions_per_user session_timeout_minutes remember_me_days cleanup_interval_minutes
    login_max_attempts login_attempt_window_seconds login_lockout_base_seconds
    login_lockout_max_seconds on_login_success management_routes access_ttl refresh_ttl_days refresh
    default_scopes grantable_scopes refresh_cookie_name refresh_cookie_path sender frontend_url
    verify_ttl_hours reset_ttl_hours change_ttl_hours verify_path reset_path change_path`
  const helpers = [
    'hash password, verify password, dummy verify',
    'make and is unusable password',
    'canonical email',
    'canonical identifier',
    'mask email',
    'client IP',
    'user mixin, model factory',
    'the nine exception classes',
    'version string',
  ]

  test('names each part of the original', () => {
    const named = rows.map((row) => row.split(' | ')[0] ?? '').join('\n')
    const missing = original
      .trim()
      .split(/\s+/)
      .filter((name) => !named.includes(`\`${name}\``))
    expect([...missing, ...helpers.filter((name) => !named.includes(name))]).toEqual([])
  })

  test('says of each what there is, or why there is nothing', () => {
    for (const row of rows) expect(row).toMatch(/^\| .+ \| \S.* \|$/)
  })

  test('names nothing of ours that is not there', async () => {
    const { auth } = world({
      transports: [session(), bearer()],
      features: [
        sudo(),
        recovery({ channels: [testInbox()], frontendUrl: 'https://app.example.com' }),
      ],
    })
    const paths = [...page.matchAll(/`auth\.([\w.]+)/g)].map(([, path = '']) => path)
    const missing = paths.filter((path) => {
      const value = path
        .split('.')
        .reduce<unknown>((of, name) => (Object(of) as Record<string, unknown>)[name], auth)
      // Social login is not in this world.
      return value === undefined && !path.startsWith('oauth')
    })
    expect(missing).toEqual([])
    expect(paths.length).toBeGreaterThan(20)
    const exported = [...page.matchAll(/`(\w+)` of `(crudauth\/[\w/-]+)`/g)]
    for (const [, name = '', entry = ''] of exported) {
      if (entry === 'crudauth/oauth') continue
      expect(Object.keys(await import(entry)), `${name} of ${entry}`).toContain(name)
    }
    expect(exported.length).toBeGreaterThan(10)
  })
})
