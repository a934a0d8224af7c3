/**
 * What the origins do with unusual passwords and costs, and what a row that somebody planted cannot
 * do.
 */
import {
  type AdoptedFormat,
  argon2,
  aspNetIdentity,
  bcrypt,
  django,
  firebaseScrypt,
  laravel,
  passlib,
  werkzeug,
  wordpress,
} from 'crudauth/hashes'
import { describe, expect, test } from 'vitest'
import { type Argon2, argon2Engine } from '../../../src/passwords/argon2-engine.ts'
import { anyTextIsRefused, readVectors, type Vector, verifiedWhenChanged } from './vectors.ts'

type Origin = Vector<keyof typeof formats>

const formats = {
  django: django(),
  passlib: passlib(),
  werkzeug: werkzeug(),
  bcrypt: bcrypt(),
  devise: bcrypt({ pepper: 'a pepper of devise' }),
  laravel: laravel(),
  argon2: argon2(),
  wordpress: wordpress(),
  aspnet: aspNetIdentity(),
  firebase: firebaseScrypt({
    signerKey:
      'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    saltSeparator: 'Bw==',
    rounds: 8,
    memCost: 14,
  }),
} satisfies Record<string, AdoptedFormat>

const read = readVectors<keyof typeof formats>
const origins = read('origin-vectors.json')
const vectors = [...origins, ...read('vectors.json')]

const hashes = (name: string) => origins.filter(({ format }) => format === name)

describe('Hashes of other systems, as their origins read them', () => {
  test.each(
    origins.map((vector) => [vector.format, vector.password, vector.hash.slice(0, 24), vector]),
  )('%s: %j has %s…', async (_, __, ___, vector) => {
    const { format, password, hash } = vector as Origin
    expect(formats[format].recognises(hash)).toBe(true)
    expect(await formats[format].verify(password, hash)).toBe(true)
    expect(await formats[format].verify(`!${password}`, hash)).toBe(false)
  })

  test('WordPress takes no other white space off a password than PHP does', async () => {
    const kept = hashes('wordpress').filter(({ password }) => password.includes('kept'))
    expect(kept).toHaveLength(4)
    for (const { hash } of kept) expect(await formats.wordpress.verify('kept', hash)).toBe(false)
  })

  test('WordPress’ padded passwords verify without their padding', async () => {
    const padded = hashes('wordpress').filter(({ password }) => password.includes('padded'))
    expect(padded).toHaveLength(4)
    for (const { hash } of padded) {
      expect(await formats.wordpress.verify('padded', hash)).toBe(true)
      expect(await formats.wordpress.verify('\n\t padded \v\0', hash)).toBe(true)
      expect(await formats.wordpress.verify('\u00a0padded', hash)).toBe(false)
    }
  })

  test('bcrypt’s passwords have no NUL, after which it would begin anew', async () => {
    for (const { password, hash } of read('vectors.json').filter(
      ({ format }) => format === 'bcrypt',
    )) {
      expect(await formats.bcrypt.verify(`${password}\0${password}`, hash)).toBe(false)
    }
  })

  test('nobody else’s passwords are trimmed', async () => {
    const others = origins.filter(({ format }) => format !== 'wordpress')
    for (const { format, password, hash } of others) {
      expect(await formats[format].verify(` ${password}`, hash)).toBe(false)
    }
  }, 60_000)

  const package_ = argon2Engine({ native: undefined, hasPackage: () => true }) as Argon2

  test.each(hashes('argon2').map(({ password, hash }) => [hash.slice(0, 36), password, hash]))(
    '%s is the same for the package @node-rs/argon2',
    async (_, password = '', hash = '') => {
      const [, variant, , cost = '', salt = '', tag = ''] = hash.split('$')
      const [memory = 0, passes = 0, parallelism = 0] = cost.match(/\d+/g)?.map(Number) ?? []
      const expected = Buffer.from(tag, 'base64')
      const computed = await package_({
        variant: variant as 'argon2d' | 'argon2i' | 'argon2id',
        password,
        salt: Buffer.from(salt, 'base64'),
        memory,
        passes,
        parallelism,
        length: expected.length,
      })
      expect(Buffer.from(computed)).toEqual(expected)
    },
  )
})

describe('A lone surrogate', () => {
  // It becomes U+FFFD in UTF-8, whose hashes these are.
  test.each(Object.keys(formats))('is no password for %s', async (name) => {
    const replaced = hashes(name).filter(({ password }) => password === '\ufffd')
    expect(replaced.length).toBeGreaterThan(0)
    for (const { format, hash } of replaced) {
      expect(await formats[format].verify('\ud800', hash)).toBe(false)
    }
  })
})

describe('A row that somebody planted', () => {
  const key64 = Buffer.alloc(64).toString('base64')
  const aspNet = (digest: number, iterations: number, salt: number, key: number) => {
    const header = Buffer.alloc(13)
    header.writeUInt8(1, 0)
    for (const [index, value] of [digest, iterations, salt].entries()) {
      header.writeUInt32BE(value, 1 + 4 * index)
    }
    return Buffer.concat([header, Buffer.alloc(Math.min(salt, 256) + key)]).toString('base64')
  }

  test.each([
    ['a long key, which multiplies the iterations', formats.aspnet, aspNet(0, 5_000_000, 16, 340)],
    ['a key of two blocks at the most iterations', formats.aspnet, aspNet(0, 5_000_000, 16, 32)],
    ['a key that is cut short', formats.aspnet, aspNet(2, 50, 17, 15)],
    ['a short salt', formats.aspnet, aspNet(2, 50, 15, 17)],
    ['a long salt', formats.aspnet, aspNet(2, 50, 65, 32)],
    ['a salt beyond the end', formats.aspnet, aspNet(2, 50, 0xffffffff, 0)],
    ['a digest that there is not', formats.aspnet, aspNet(3, 50, 16, 32)],
    ['no iterations', formats.aspnet, aspNet(2, 0, 16, 32)],
    ['256 MiB', formats.werkzeug, `scrypt:262144:8:1$salt$${'0'.repeat(128)}`],
    ['many lanes of much memory', formats.django, `scrypt$131072$salt$8$5$${key64}`],
    ['17 lanes', formats.django, `scrypt$1024$salt$8$17$${key64}`],
    ['N beyond what r allows', formats.werkzeug, `scrypt:65536:1:1$salt$${'0'.repeat(128)}`],
    ['a large block', formats.werkzeug, `scrypt:2:524288:4$salt$${'0'.repeat(128)}`],
    ['a number with a zero before it', formats.django, `scrypt$01024$salt$8$1$${key64}`],
    ['a number with a zero before it', formats.django, `scrypt$1024$salt$08$1$${key64}`],
    ['a number with a zero before it', formats.django, `scrypt$1024$salt$8$01$${key64}`],
    ['N of one', formats.django, `scrypt$1$salt$8$1$${key64}`],
  ])('with %s is no hash (%#)', async (_, format, stored) => {
    expect(format.recognises(stored)).toBe(false)
    expect(await format.verify('', stored)).toBe(false)
  })

  test.each([
    ['the least block', formats.werkzeug, `scrypt:32768:1:16$salt$${'0'.repeat(128)}`],
    ['the largest block', formats.werkzeug, `scrypt:2:64:16$salt$${'0'.repeat(128)}`],
    ['the most memory', formats.werkzeug, `scrypt:131072:8:1$salt$${'0'.repeat(128)}`],
    ['the longest key and salt', formats.aspnet, aspNet(0, 50, 64, 64)],
  ])('with %s is computed', async (_, format, stored) => {
    expect(format.recognises(stored)).toBe(true)
    expect(await format.verify('', stored)).toBe(false)
  })

  // The last character of 16 bytes in base64 has four spare bits, that of 32 bytes two.
  const [salt, key] = ['A'.repeat(22), 'A'.repeat(43)]
  const [spareSalt, spareKey] = [`${salt.slice(1)}B`, `${key.slice(1)}B`]

  test.each([
    [formats.passlib, (salt: string, key: string) => `$pbkdf2-sha256$9$${salt}$${key}`],
    [formats.passlib, (salt: string, key: string) => `$scrypt$ln=4,r=8,p=1$${salt}$${key}`],
    [formats.argon2, (salt: string, key: string) => `$argon2id$v=19$m=8,t=1,p=1$${salt}$${key}`],
    [formats.django, (_: string, key: string) => `pbkdf2_sha256$9$salt$${key}=`],
    [formats.firebase, (salt: string) => `$firebase-scrypt$${salt}==$${'A'.repeat(86)}==`],
  ])('with spare bits that are set is no hash (%#)', ({ recognises }, write) => {
    expect(recognises(write(salt, key))).toBe(true)
    for (const one of [write(spareSalt, key), write(salt, spareKey)]) {
      expect(recognises(one)).toBe(one === write(salt, key))
    }
  })

  /**
   * Without what says nothing: the version of bcrypt, the spare bits of its salt and digest, and
   * which of its two names phpass goes by.
   */
  const significant = (hash: string) =>
    hash
      .replace(/\$2[aby](\$\d\d\$.{21}).(.{30}).$/, (_, salt, digest) => `$2$${salt}${digest}`)
      .replace(/^\$H\$/, '$P$')

  const standard = (hash: string) => hash.replaceAll('-', '+').replaceAll('_', '/')

  test('with any one character changed, put in or left out admits nobody and breaks nothing', async () => {
    const verified = await verifiedWhenChanged(
      formats,
      vectors,
      './+-_=$:,0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n\0é',
      (changed, hash) =>
        significant(changed) !== significant(hash) &&
        // In another alphabet, Firebase's base64 says the same.
        standard(changed) !== standard(hash),
    )
    expect(verified).toBeGreaterThan(50)
  }, 60_000)

  test('with any text at all breaks nothing', () => anyTextIsRefused(formats, vectors))
})

describe('A text', () => {
  /** Whose spellings others share, and why: they are bcrypt or argon2 and nothing else. */
  const plainBcrypt = ['bcrypt', 'devise', 'laravel', 'wordpress']
  const plainArgon2 = ['argon2', 'laravel']

  test.each(vectors.map(({ format, hash }) => [format, hash.slice(0, 24), hash]))(
    'of %s, %s…, is nobody else’s',
    (format = '', _, hash = '') => {
      const takers = Object.entries(formats).filter(([, one]) => one.recognises(hash))
      const shared = hash.startsWith('$2')
        ? plainBcrypt
        : hash.startsWith('$a')
          ? plainArgon2
          : null
      expect(takers.map(([name]) => name).sort()).toEqual((shared ?? [format]).toSorted())
    },
  )
})
