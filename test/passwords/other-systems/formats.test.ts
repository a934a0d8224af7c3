/**
 * Hashes that other systems wrote, against vectors that those systems made.
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
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readVectors } from './vectors.ts'

const firebaseProject = {
  signerKey:
    'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memCost: 14,
}

const formats = {
  django: django(),
  passlib: passlib(),
  werkzeug: werkzeug(),
  bcrypt: bcrypt(),
  devise: bcrypt({ pepper: 'a pepper of devise' }),
  laravel: laravel(),
  wordpress: wordpress(),
  aspnet: aspNetIdentity(),
  firebase: firebaseScrypt(firebaseProject),
} satisfies Record<string, AdoptedFormat>

const vectors = readVectors<keyof typeof formats>('vectors.json')

const start = (hash: string) => hash.slice(0, 18)

describe('Hashes of other systems', () => {
  test.each(vectors.map((vector) => [vector.format, start(vector.hash), vector] as const))(
    '%s %s… verifies its own password and no other',
    async (_, __, { format, password, hash }) => {
      const adopted = formats[format]
      expect(adopted.recognises(hash)).toBe(true)
      expect(await adopted.verify(password, hash)).toBe(true)
      for (const wrong of [
        `${password.slice(0, 60)}!`,
        password.toUpperCase(),
        '',
        // White space around a password does not count in WordPress.
        `${format === 'wordpress' ? '\u00a0' : ' '}${password}`,
      ]) {
        expect(await adopted.verify(wrong, hash)).toBe(false)
      }
    },
  )

  describe.each(Object.entries(formats))('%s', (name, adopted) => {
    const own = vectors.filter(({ format }) => format === name)

    test('has one decoy that it recognises, and that nobody knows the password of', async () => {
      const decoy = adopted.decoy()
      expect(adopted.recognises(decoy)).toBe(true)
      expect(adopted.decoy()).toBe(decoy)
      expect(await adopted.verify('correct horse', decoy)).toBe(false)
    })

    test('knows one spelling of each hash', () => {
      for (const { hash } of own) {
        for (const other of [
          `${hash}\n`,
          ` ${hash}`,
          `${hash} `,
          `${hash}=`,
          `$${hash}`,
          hash.slice(0, -1),
          hash.slice(0, -2),
          hash.slice(1),
          hash.replace('$', '$$'),
          `${hash}$`,
          '',
        ]) {
          if (other !== hash) expect([other, adopted.recognises(other)]).toEqual([other, false])
        }
      }
    })

    test('never throws, and never takes one hash for another', async () => {
      const hash = fc.constantFrom(...own.map((vector) => vector.hash))
      const edit = fc.tuple(hash, fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
      await fc.assert(
        fc.asyncProperty(edit, async ([text, at, insert]) => {
          const place = at % text.length
          const changed = text.slice(0, place) + insert + text.slice(place + insert.length)
          if (own.some((vector) => vector.hash === changed) || !adopted.recognises(changed)) return
          const original = own.find((vector) => vector.hash === text)
          const spare = /^\$(?:wp\$)?2[aby]\$|bcrypt/.test(changed)
          // bcrypt's spare bits and its version say nothing; all else does.
          if (!spare) expect(await adopted.verify(original?.password ?? '', changed)).toBe(false)
        }),
        { numRuns: 60 },
      )
    })

    test('leaves the others’ hashes alone', () => {
      const shared: Readonly<Record<string, readonly string[]>> = {
        bcrypt: ['devise', 'laravel', 'bcrypt'],
        devise: ['bcrypt', 'laravel', 'devise'],
        laravel: ['bcrypt', 'devise', 'laravel'],
        wordpress: ['bcrypt', 'devise', 'laravel', 'wordpress'],
      }
      for (const { format, hash } of vectors) {
        if (format === name || shared[name]?.includes(format)) continue
        expect([hash, adopted.recognises(hash)]).toEqual([hash, false])
      }
    })
  })

  test.each([
    [
      'too many rounds',
      django(),
      'pbkdf2_sha256$99999999$salt$47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    ],
    [
      'a gigabyte of memory',
      passlib(),
      `$scrypt$ln=20,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`,
    ],
    [
      'a work factor that is no power of two',
      werkzeug(),
      `scrypt:30000:8:1$salt$${'0'.repeat(128)}`,
    ],
    ['many lanes', werkzeug(), `scrypt:16384:8:99$salt$${'0'.repeat(128)}`],
    [
      'a gigabyte of memory',
      argon2(),
      `$argon2id$v=19$m=1048576,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`,
    ],
    [
      'hours of passes',
      argon2(),
      `$argon2id$v=19$m=262144,t=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`,
    ],
    ['a cost of hours', bcrypt(), `$2b$31$${'a'.repeat(22)}${'a'.repeat(31)}`],
    ['too many rounds', wordpress(), `$P$Zsaltsalt${'.'.repeat(22)}`],
    ['a mark of a faulty implementation', bcrypt(), `$2x$04$${'.'.repeat(22)}${'.'.repeat(31)}`],
    ['bare MD5', wordpress(), '5f4dcc3b5aa765d61d8327deb882cf99'],
    [
      'too many rounds',
      aspNetIdentity(),
      Buffer.concat([Buffer.from('0100000001ffffffff00000010', 'hex'), Buffer.alloc(48)]).toString(
        'base64',
      ),
    ],
  ] as const)('%s is not recognised (%#)', (_, adopted, hash) => {
    expect(adopted.recognises(hash)).toBe(false)
  })

  test('a password with a NUL does not match what a system that stops there would take it for', async () => {
    const { hash = '', password = '' } = vectors.find(({ format }) => format === 'bcrypt') ?? {}
    expect(await bcrypt().verify(`${password}\0`, hash)).toBe(false)
    expect(await bcrypt().verify(`${password}\0more`, hash)).toBe(false)
  })

  test('bcrypt reads 72 bytes, as where it comes from', async () => {
    const long = vectors.find(({ format, password }) => format === 'bcrypt' && password.length > 72)
    expect(await bcrypt().verify('x'.repeat(72), long?.hash ?? '')).toBe(true)
    expect(await bcrypt().verify('x'.repeat(71), long?.hash ?? '')).toBe(false)
  })

  test.each([
    [{ ...firebaseProject, signerKey: 'not base64!' }, 'firebaseScrypt.signerKey must be'],
    [{ ...firebaseProject, saltSeparator: '' }, 'firebaseScrypt.saltSeparator must be'],
    [{ ...firebaseProject, memCost: 40 }, 'firebaseScrypt.memCost must be'],
    [{ ...firebaseProject, rounds: 0 }, 'firebaseScrypt.rounds must be'],
    [{ ...firebaseProject, rounds: 64, memCost: 30 }, 'are of no project; copy'],
    [{}, 'firebaseScrypt.signerKey is missing; copy'],
  ])('Firebase’s parameters are checked: %j', (parameters, problem) => {
    const format = firebaseScrypt(parameters as never)
    expect(format.problems).toContainEqual(expect.stringContaining(problem))
    expect(format.recognises(format.decoy())).toBe(false)
  })

  test('phpass lets others have a turn', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const slow = `$P$Fsaltsalt${'.'.repeat(22)}`
    expect(wordpress().recognises(slow)).toBe(true)
    await wordpress().verify('x', slow)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })

  test('phpass reads no more of a password than where it comes from', async () => {
    // `$P$5`: 128 rounds of MD5 over `saltsalt` and 4096 or 4097 times the letter x.
    const longest = '$P$5saltsalt42kjxKENeQkWXx8cFw2K..'
    const longer = '$P$5saltsalteXWuUSlyi0tSZkRW3BbOg/'
    expect(await wordpress().verify('x'.repeat(4096), longest)).toBe(true)
    expect(await wordpress().verify('x'.repeat(4097), longest)).toBe(false)
    expect(await wordpress().verify('x'.repeat(4097), longer)).toBe(false)
  })
})
