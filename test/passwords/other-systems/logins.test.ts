/**
 * Whoever comes from another system logs in with the password from there, and has one of ours
 * after.
 */
import {
  type AdoptedFormat,
  bcrypt,
  betterAuth,
  drupal,
  gitea,
  keycloak,
  lucia,
  magento,
  payload,
  phpbb,
  supabase,
  superTokens,
} from 'crudauth/hashes'
import { describe, expect, test } from 'vitest'
import { members, world } from '../../support/world.ts'
import { kindOf, readVectors } from './vectors.ts'

const vectors = readVectors('system-vectors.json')

const formats: Readonly<Record<string, AdoptedFormat>> = {
  betterAuth: betterAuth(),
  lucia: lucia(),
  payload: payload(),
  gitea: gitea(),
  keycloak: keycloak({ writer: 'pbkdf2-sha256' }),
  magento: magento({ writer: 'sha256' }),
  drupal: drupal(),
  phpbb: phpbb({ writer: 'phpass' }),
  supabase: supabase({ cost: 4 }),
  superTokens: superTokens(),
  auth0: bcrypt({ cost: 4 }),
}

/** Of each kind that a format has, one with a password that is long enough for us, too. */
const kinds = vectors.filter(
  ({ format, password, hash }, index) =>
    password === 'correct horse' &&
    vectors.findIndex(
      (one) =>
        one.format === format && one.password === password && kindOf(one.hash) === kindOf(hash),
    ) === index,
)

/**
 * Without the work of the decoy, which is that of a hash in every login, and another test's
 * business.
 */
function withoutDecoyWork(format: AdoptedFormat): AdoptedFormat {
  return {
    ...format,
    verify: async (password, stored) =>
      stored !== format.decoy() && format.verify(password, stored),
  }
}

function place(format: AdoptedFormat) {
  const made = world({ passwords: { adopt: [withoutDecoyWork(format)] } })
  const { browser, db } = made
  let peers = 0
  return {
    ...made,
    async logIn(username: string, password: string) {
      const peer = `198.51.100.${++peers}`
      const { status } = await browser({ peer }).post('/login', { username, password })
      return status
    },
    put: (hashedPassword: string) => db.update(members).set({ hashedPassword }).run(),
    stored: () => db.select().from(members).get()?.hashedPassword,
  }
}

const replaced = /^\$bcrypt-sha256\$/

describe('A login with a hash from elsewhere', () => {
  test('is tried with every kind of hash', () => {
    expect(new Set(kinds.map(({ format }) => format))).toEqual(new Set(Object.keys(formats)))
    expect(kinds.length).toBeGreaterThan(30)
  })

  test.each(kinds.map((kind) => [kind.format, kind.hash.slice(0, 24), kind] as const))(
    'of %s, %s…, admits, and replaces it',
    async (name, _, { password, hash }) => {
      const { events, logIn, member, put, stored } = place(formats[name] as AdoptedFormat)
      const { id, username } = await member()
      put(hash)
      expect(await logIn(username, `${password}!`)).toBe(401)
      expect(stored()).toBe(hash)
      expect(await logIn(username, password)).toBe(200)
      expect(stored()).toMatch(replaced)
      expect(events).toContainEqual({ name: 'password.upgraded', userId: id })
      expect(await logIn(username, `${password}!`)).toBe(401)
      expect(await logIn(username, password)).toBe(200)
    },
    30_000,
  )

  test.each(Object.keys(formats))(
    'of %s whose text is malformed or endless is one without a password',
    async (name) => {
      const { events, logIn, member, put, stored } = place(formats[name] as AdoptedFormat)
      const { username } = await member()
      const { password = '', hash = '' } = kinds.find(({ format }) => format === name) ?? {}
      for (const text of [
        hash.slice(0, -1),
        hash + hash,
        `${hash}${'0'.repeat(100_000)}`,
        `${hash.slice(0, 20)}${'$:'.repeat(50_000)}`,
        hash.replaceAll(/\d/g, '9'),
        hash.slice(0, 12),
      ]) {
        put(text)
        expect([text.slice(0, 60), await logIn(username, password)]).toEqual([
          text.slice(0, 60),
          401,
        ])
        expect(stored()).toBe(text)
      }
      expect(await logIn('nobody', password)).toBe(401)
      expect(events.map((event) => event.name)).not.toContain('password.adopted_failed')
    },
    30_000,
  )

  test.each(['betterAuth', 'lucia'])(
    'of %s leaves the hash of a password that was typed in a way that only NFKC takes for it',
    async (name) => {
      const { logIn, member, put, stored } = place(formats[name] as AdoptedFormat)
      const { username } = await member()
      const { hash = '' } =
        vectors.find((one) => one.format === name && one.password.includes('\ufb01')) ?? {}
      put(hash)
      expect(await logIn(username, '\ufb01sh \u00b2 \uff21')).toBe(200)
      expect(stored()).toBe(hash)
      expect(await logIn(username, 'fish 2 A')).toBe(200)
      expect(stored()).toMatch(replaced)
    },
  )
})
