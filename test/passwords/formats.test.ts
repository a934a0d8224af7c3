import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secureRandom } from '../../src/crypto.ts'
import { bcryptSha256 } from '../../src/passwords/bcrypt-sha256.ts'
import { crudauthPy } from '../../src/passwords/crudauth-py.ts'

interface Vector {
  format: string
  password: string
  hash: string
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as Vector[]

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The text with these low bits of the character at `index` set, too. */
function withSpareBits(text: string, index: number, bits: number): string {
  const value = alphabet.indexOf(text.charAt(index)) | bits
  return text.slice(0, index) + alphabet.charAt(value) + text.slice(index + 1)
}

const sha256 = bcryptSha256(4, secureRandom)
const python = crudauthPy(4, secureRandom)

describe('Password formats', () => {
  test.each([
    { format: sha256, other: python },
    { format: python, other: sha256 },
  ])('$format.name reads what it writes, and finds it current', async ({ format, other }) => {
    const hash = await format.hash('correct horse')
    expect(format.recognises(hash)).toBe(true)
    expect(format.isCurrent(hash)).toBe(true)
    expect(await format.verify('correct horse', hash)).toBe(true)
    expect(await format.verify('wrong horse', hash)).toBe(false)
    expect(other.recognises(hash)).toBe(false)
    expect(other.isCurrent(hash)).toBe(false)
    expect(await other.verify('correct horse', hash)).toBe(false)
  })

  test.each([
    { format: sha256, saltEnd: -33 },
    { format: python, saltEnd: -32 },
  ])(
    '$format.name reads past spare bits that are set, and finds them outdated',
    async ({ format, saltEnd }) => {
      const hash = await format.hash('correct horse')
      const saltBits = fc.integer({ min: 0, max: 15 })
      const digestBits = fc.integer({ min: 0, max: 3 })
      await fc.assert(
        fc.asyncProperty(saltBits, digestBits, async (inSalt, inDigest) => {
          const salted = withSpareBits(hash, hash.length + saltEnd, inSalt)
          const spelled = withSpareBits(salted, hash.length - 1, inDigest)
          expect(await format.verify('correct horse', spelled)).toBe(true)
          expect(await format.verify('wrong horse', spelled)).toBe(false)
          expect(format.isCurrent(spelled)).toBe(spelled === hash)
        }),
        { numRuns: 40 },
      )
    },
  )

  test.each([
    { name: 'bcrypt-sha256', make: bcryptSha256 },
    { name: 'crudauth-py', make: crudauthPy },
  ])(
    '$name has a decoy that passes for its own hash, and draws nothing random for it',
    ({ make }) => {
      const format = make(12, () => {
        throw new Error('drawn')
      })
      const decoy = format.decoy()
      expect(format.recognises(decoy)).toBe(true)
      expect(format.isCurrent(decoy)).toBe(true)
      expect(decoy).toMatch(/[$]12[$]|r=12[$]/)
    },
  )

  test('each finds only its own vectors', () => {
    for (const { format, hash } of vectors) {
      expect(
        [sha256, python].filter((one) => one.recognises(hash)).map(({ name }) => name),
      ).toEqual([format])
    }
  })

  test('passlib’s version 1, and bcrypt’s 2a and 2y, are outdated', () => {
    const outdated = vectors.filter(({ hash }) => /\$bcrypt-sha256\$2|^\$2[ay]/.test(hash))
    expect(outdated.length).toBeGreaterThan(40)
    for (const { hash } of outdated) {
      expect(sha256.isCurrent(hash) || python.isCurrent(hash), hash).toBe(false)
    }
  })

  const salt = 'C6UzMDM.H6dfI/f/IKcEe.'
  const digest = 'yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u'

  test.each([
    `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=16$${salt}$${digest}`,
    `$bcrypt-sha256$2a,4$${salt}$${digest}`,
    `$bcrypt-sha256$2b,16$${salt}$${digest}`,
    `$2a$04$${salt}${digest}`,
    `$2b$16$${salt}${digest}`,
    `$2y$10$${salt}${digest}`,
  ])('%s is a hash', (stored) => {
    expect(sha256.recognises(stored) || python.recognises(stored)).toBe(true)
  })

  test.each([
    // What passlib refuses, too.
    `$bcrypt-sha256$v=2,t=2a,r=4$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2y,r=4$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=04$${salt}$${digest}`,
    `$bcrypt-sha256$v=1,t=2b,r=4$${salt}$${digest}`,
    `$bcrypt-sha256$v=3,t=2b,r=4$${salt}$${digest}`,
    `$bcrypt-sha256$2y,4$${salt}$${digest}`,
    `$bcrypt-sha256$2b,04$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=4$${salt}`,
    // Costs out of bounds.
    `$bcrypt-sha256$v=2,t=2b,r=3$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=17$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=31$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=100$${salt}$${digest}`,
    `$bcrypt-sha256$2b,31$${salt}$${digest}`,
    `$2b$03$${salt}${digest}`,
    `$2b$17$${salt}${digest}`,
    `$2b$31$${salt}${digest}`,
    `$2b$99$${salt}${digest}`,
    // Other spellings.
    `$2b$4$${salt}${digest}`,
    `$2b$+4$${salt}${digest}`,
    `$2x$04$${salt}${digest}`,
    `$2$04$${salt}${digest}`,
    `$2B$04$${salt}${digest}`,
    ` $2b$04$${salt}${digest}`,
    `$2b$04$${salt}${digest}\n`,
    `$2b$04$${salt}${digest}x`,
    `$2b$04$${salt}${digest.slice(1)}`,
    `$2b$04$${salt}${digest.slice(1)}=`,
    `$2b$04$${salt}${digest.slice(1)}\u00e9`,
    `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$${digest}\n`,
    `$bcrypt-sha256$v=2,t=2b,r=4$${salt}.$${digest}`,
  ])('%j is none, and verifies nothing', async (stored) => {
    for (const format of [sha256, python]) {
      expect(format.recognises(stored)).toBe(false)
      expect(format.isCurrent(stored)).toBe(false)
      expect(await format.verify('pw123456', stored)).toBe(false)
    }
  })
})
