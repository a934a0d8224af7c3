/**
 * Passwords that one can type: other keyboards send other code points for the same characters.
 */
import { describe, expect, test } from 'vitest'
import { canonicalForm, typedForms } from '../../src/passwords/forms.ts'
import { passwords } from '../../src/passwords/passwords.ts'
import { Verifications } from '../support/verifications.ts'
import { json, world } from '../support/world.ts'

const composed = 'Grüße aus Köln'.normalize('NFC')
const decomposed = composed.normalize('NFD')
/** The ligature is one character in NFC, and two in NFKC. */
const ligature = 'Grüße vom Schiﬀ'.normalize('NFC')

const cheap = passwords({ cost: 4 })

/** A hash of exactly this text, as from before passwords were normalised. */
async function hashOf(text: string, format: 'bcrypt-sha256' | 'crudauth-py' = 'bcrypt-sha256') {
  const { bcryptSha256 } = await import('../../src/passwords/bcrypt-sha256.ts')
  const { crudauthPy } = await import('../../src/passwords/crudauth-py.ts')
  const make = format === 'crudauth-py' ? crudauthPy : bcryptSha256
  return make(4, (bytes) => crypto.getRandomValues(new Uint8Array(bytes))).hash(text)
}

describe('A password', () => {
  test.each([
    ['composed', composed, 'decomposed', decomposed],
    ['decomposed', decomposed, 'composed', composed],
    ['decomposed', decomposed, 'decomposed', decomposed],
  ])('that was set %s can be typed %#', async (_set, set, _typed, typed) => {
    expect(await cheap.verify(typed, await cheap.hash(set))).toEqual({ ok: true, outdated: false })
    expect((await cheap.verify(`${typed}!`, await cheap.hash(set))).ok).toBe(false)
  })

  test('that was hashed as it was typed verifies as it was typed, and its hash is replaced', async () => {
    const before = await hashOf(decomposed)
    expect(await cheap.verify(decomposed, before)).toEqual({ ok: true, outdated: true })
    expect((await cheap.verify(composed, before)).ok).toBe(false)
  })

  test('verifies in NFKC in the format of crudauth for Python alone', async () => {
    const compatible = ligature.normalize('NFKC')
    const theirs = await hashOf(compatible, 'crudauth-py')
    expect(await cheap.verify(ligature, theirs)).toEqual({ ok: true, outdated: true })
    expect((await cheap.verify(ligature, await hashOf(compatible))).ok).toBe(false)
    expect((await cheap.verify(compatible, await hashOf(ligature))).ok).toBe(false)
  })

  test('of an adopted system verifies in NFC or as it was typed, and in no other form', async () => {
    const asIs = (stored: string) => ({
      name: 'plain',
      recognises: (text: string) => text.startsWith('$plain$'),
      verify: async (text: string, hash: string) => hash === `$plain$${text}`,
      decoy: () => '$plain$',
      stored: `$plain$${stored}`,
    })
    for (const [stored, typed, ok] of [
      [composed, decomposed, true],
      [decomposed, decomposed, true],
      [ligature.normalize('NFKC'), ligature, false],
    ] as const) {
      const format = asIs(stored)
      const adopting = passwords({ cost: 4, adopt: [format] })
      expect((await adopting.verify(typed, format.stored)).ok).toBe(ok)
    }
  })

  test('has its length in NFC, and is judged by the policy in NFC', async () => {
    const seen: string[] = []
    const strict = passwords({
      minLength: 14,
      maxLength: 64,
      policy: { breached: { isBreached: async (text) => seen.push(text) < 0 } },
    })
    expect(composed.length).toBe(14)
    expect(strict.problemWith(decomposed)).toBeNull()
    expect(strict.problemWith('ü'.repeat(64).normalize('NFD'))).toBeNull()
    expect(strict.problemWith('ü'.repeat(13).normalize('NFD'))).toBe(
      'Must have at least 14 characters.',
    )
    expect(await strict.check(decomposed, [])).toBeNull()
    expect(seen).toEqual([composed])
  })

  test('that is too long is not normalised', () => {
    const long = 'ü'.normalize('NFD').repeat(129)
    expect(canonicalForm(long, 64)).toBe(long)
    expect(typedForms(long, 64)).toEqual([{ text: long, isCompatible: false }])
    expect(canonicalForm(long.slice(0, 256), 64)).toBe('ü'.normalize('NFC').repeat(128))
  })
})

describe('A stored hash that is followed by blanks', () => {
  test.each([' ', '     ', ' \n'])('verifies: %j', async (blanks) => {
    const hash = await cheap.hash('correct horse battery')
    const padded = `${hash}${blanks}`
    expect(await cheap.verify('correct horse battery', padded)).toEqual({
      ok: true,
      outdated: false,
    })
    expect(cheap.saltOf(padded)).toEqual(cheap.saltOf(hash))
    expect((await cheap.verify(blanks, blanks)).ok).toBe(false)
  })
})

describe('How many verifications a login costs', () => {
  const typed: readonly (readonly [string, number])[] = [
    ['correct horse battery', 1],
    [composed, 1],
    [decomposed, 2],
    [ligature, 2],
    [ligature.normalize('NFD'), 3],
  ]

  test.each(typed)('%s: the same for every account, and for none', async (password, forms) => {
    const verifications = new Verifications()
    const { browser, member } = world({
      passwords: { cost: 4, adopt: [verifications.format] },
    })
    const ann = await member('ann')
    const bob = await member('bob', password)
    const counts: number[] = []
    for (const username of [ann.username, bob.username, 'nobody']) {
      verifications.count = 0
      await browser().post('/login', { username, password })
      counts.push(verifications.count)
    }
    expect(counts).toEqual([forms, forms, forms])
  })

  test('what was set in one form is logged in with in another', async () => {
    const { browser } = world()
    const client = browser()
    const account = { email: 'ann@example.com', username: 'ann', password: composed }
    expect((await client.post('/register', account)).status).toBe(200)
    const login = await browser().post('/login', { username: 'ann', password: decomposed })
    expect(await json(login)).toMatchObject({ username: 'ann' })
  })
})
