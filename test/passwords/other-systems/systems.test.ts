/**
 * Hashes of systems that people leave, against vectors that these systems made or published.
 */
import {
  type AdoptedFormat,
  argon2,
  aspNetIdentity,
  bcrypt,
  betterAuth,
  django,
  drupal,
  firebaseScrypt,
  gitea,
  keycloak,
  laravel,
  lucia,
  magento,
  passlib,
  payload,
  phpbb,
  supabase,
  superTokens,
  werkzeug,
  wordpress,
} from 'crudauth/hashes'
import { describe, expect, test } from 'vitest'
import { parseDrupalPhpass, verifyPhpass } from '../../../src/passwords/other-systems/phpass.ts'
import { passwords } from '../../../src/passwords/passwords.ts'
import { passwordProblems } from '../../support/option-problems.ts'
import {
  anyTextIsRefused,
  kindOf,
  readVectors,
  type Vector,
  verifiedWhenChanged,
} from './vectors.ts'

/** The signer key of SuperTokens' own tests. */
const firebaseSignerKey =
  'gRhC3eDeQOdyEn4bMd9c6kxguWVmcIVq/SKa0JDPFeM6TcEevkaW56sIWfx88OHbJKnCXdWscZx0l2WbCJ1wbg=='

const formats: Readonly<Record<string, AdoptedFormat>> = {
  betterAuth: betterAuth(),
  lucia: lucia(),
  payload: payload(),
  gitea: gitea(),
  keycloak: keycloak(),
  magento: magento(),
  drupal: drupal(),
  phpbb: phpbb(),
  supabase: supabase(),
  superTokens: superTokens({ firebaseSignerKey }),
  auth0: bcrypt({ cost: 10 }),
}

const earlier: Readonly<Record<string, AdoptedFormat>> = {
  django: django(),
  passlib: passlib(),
  werkzeug: werkzeug(),
  bcrypt: bcrypt(),
  laravel: laravel(),
  argon2: argon2(),
  wordpress: wordpress(),
  aspnet: aspNetIdentity(),
  firebase: firebaseScrypt({
    signerKey: firebaseSignerKey,
    saltSeparator: 'Bw==',
    rounds: 8,
    memCost: 14,
  }),
}

const vectors = readVectors('system-vectors.json')
const all = [...vectors, ...readVectors('origin-vectors.json'), ...readVectors('vectors.json')]

const format = (name: string) => formats[name] as AdoptedFormat
const hashes = (name: string) => vectors.filter((vector) => vector.format === name)
const start = (hash: string) => hash.slice(0, 30)

/** What costs next to nothing to verify, so that many can be. */
const isCheap = ({ hash }: Vector) =>
  /^\$2.\$04|^U?\$[HPS](?:\\2y)?\$[56]|m=(?:16|32|64|256),|\$(?:scrypt\$1024|argon2\$2\$256|bcrypt\$4)|:0$|:1$|_262144$/.test(
    hash,
  ) && !/\$1[0-9]\\/.test(hash)

const firstOfKind = new Set(
  [...Map.groupBy(vectors, (one) => `${one.format} ${kindOf(one.hash)}`).values()].map(
    ([first]) => first?.hash,
  ),
)

describe('Hashes of systems that people leave', () => {
  test.each(vectors.map((vector) => [vector.format, start(vector.hash), vector.password, vector]))(
    '%s %s… is of %j and of no other',
    async (name, _, __, vector) => {
      const { password, hash } = vector as Vector
      expect(format(name as string).recognises(hash)).toBe(true)
      expect(await format(name as string).verify(password, hash)).toBe(true)
      // Of what is dear one of each kind: what tells passwords apart is the same for all of it.
      if (!isCheap(vector as Vector) && !firstOfKind.has(hash)) return
      expect(await format(name as string).verify(`!${password}`, hash)).toBe(false)
    },
  )

  describe.each(Object.keys(formats))('%s', (name) => {
    test('knows one spelling of each hash', () => {
      for (const { hash } of hashes(name)) {
        for (const other of [
          `${hash}\n`,
          ` ${hash}`,
          `${hash} `,
          `${hash}=`,
          `${hash}$`,
          `${hash}0`,
          `${hash}${'0'.repeat(5000)}`,
          hash.slice(0, -1),
          hash.slice(0, -2),
          hash.slice(1),
          hash.replace('$', '$$$$'),
          '',
        ]) {
          // Without its U a Drupal hash is one of another password; Magento's costs end the text.
          const isAnother =
            (name === 'drupal' && other === hash.slice(1) && hash.startsWith('U')) ||
            (name === 'magento' && other === `${hash}0` && hash.includes('_'))
          if (other !== hash && !isAnother) {
            expect([other, format(name).recognises(other)]).toEqual([other, false])
          }
        }
      }
    })

    test('is not for a lone surrogate', async () => {
      // It becomes U+FFFD in UTF-8, whose hashes these are.
      const replaced = hashes(name).filter(({ password }) => password === '\ufffd')
      if (name !== 'auth0') expect(replaced.length).toBeGreaterThan(0)
      for (const { hash } of replaced) {
        expect(await format(name).verify('\ud800', hash)).toBe(false)
      }
    })
  })

  /**
   * Without what says nothing: the version of bcrypt, its spare bits, `$H$` for `$P$`, the columns
   * beside a bcrypt hash of Gitea, and of Magento's salt what libsodium does not take.
   */
  const significant = (hash: string) =>
    hash
      .replace(/\$2[aby](\$\d\d\$.{21}).(.{30}).$/, (_, salt, digest) => `$2$${salt}${digest}`)
      .replace(/\\2[ay](\$.{9}\$\d\d\\.{21}).(\$.{30}).$/, (_, a, b) => `\\2${a}${b}`)
      .replace(/^(U?)\$H(\$|\\)/, '$1$P$2')
      .replace(/^\$gitea\$bcrypt\$.*?\$\$/, '$gitea$bcrypt$$')
      .replace(/^([0-9a-f]{64}:\w{16})\w*:(?=3_)/, '$1:')

  const cheap = vectors.filter(isCheap)

  test('with any one character changed, put in or left out admit nobody and break nothing', async () => {
    const verified = await verifiedWhenChanged(
      formats,
      cheap,
      './+-_=$:,\\0123456789ABCDEFUabcdef\n\0é',
      (changed, hash) =>
        significant(changed) !== significant(hash) &&
        // Costs that became higher are another test's.
        isCheap({ format: '', password: '', hash: changed }),
    )
    expect(verified).toBeGreaterThan(30)
  }, 60_000)

  test('with any text at all break nothing', () => anyTextIsRefused(formats, vectors))

  test('are nobody else’s, but for spellings that several systems have', () => {
    const named = { ...earlier, ...formats }
    const takers = (hash: string) =>
      Object.keys(named).filter((name) => named[name as keyof typeof named]?.recognises(hash))
    const plainBcrypt = [
      'auth0',
      'bcrypt',
      'drupal',
      'laravel',
      'lucia',
      'phpbb',
      'supabase',
      'superTokens',
      'wordpress',
    ]
    const plainArgon2 = ['argon2', 'drupal', 'laravel', 'lucia', 'phpbb', 'supabase', 'superTokens']
    const owner = { devise: 'bcrypt' } as Readonly<Record<string, string>>
    for (const { format: name, hash } of all) {
      if (name === 'firebase') continue
      const shared = /^\$2[aby]\$/.test(hash)
        ? plainBcrypt
        : /^\$argon2d\$/.test(hash)
          ? plainArgon2.filter((one) => !['phpbb', 'supabase'].includes(one))
          : /^\$argon2/.test(hash)
            ? plainArgon2
            : /^\$[HP]\$/.test(hash)
              ? ['drupal', 'phpbb', 'wordpress']
              : /^[0-9a-f]{32}:[0-9a-f]{128}$/.test(hash)
                ? ['betterAuth', 'lucia']
                : [owner[name] ?? name]
      expect([hash, takers(hash).sort()]).toEqual([hash, shared])
    }
  })
})

describe('A decoy', () => {
  test.each([
    ...Object.entries(formats),
    ...(['argon2id', 'bcrypt'] as const).map(
      (writer) => [`lucia ${writer}`, lucia({ writer })] as const,
    ),
    ['payload v1', payload({ writer: 'v1' })] as const,
    ...(['pbkdf2_hi', 'argon2', 'scrypt', 'bcrypt'] as const).map(
      (writer) => [`gitea ${writer}`, gitea({ writer })] as const,
    ),
    ...(['pbkdf2-sha512', 'pbkdf2-sha256'] as const).map(
      (writer) => [`keycloak ${writer}`, keycloak({ writer })] as const,
    ),
    ['magento sha256', magento({ writer: 'sha256' })] as const,
    ['drupal bcrypt', drupal({ writer: 'bcrypt' })] as const,
    ...(['argon2id', 'phpass'] as const).map(
      (writer) => [`phpbb ${writer}`, phpbb({ writer })] as const,
    ),
    ['supertokens argon2', superTokens({ writer: 'argon2' })] as const,
  ])('of %s is known, always the same, and of no password', async (_, one) => {
    expect(one.problems ?? []).toEqual([])
    expect(one.recognises(one.decoy())).toBe(true)
    expect(one.decoy()).toBe(one.decoy())
    expect(await one.verify('correct horse', one.decoy())).toBe(false)
  })

  test.each([
    [lucia({ writer: 'md5' } as never), "lucia.writer must be 'scrypt'"],
    [payload({ rounds: 1 } as never), 'payload.rounds is not an option'],
    [gitea({ writer: 'dummy' } as never), "gitea.writer must be 'pbkdf2'"],
    [keycloak({ writer: 'bcrypt' } as never), "keycloak.writer must be 'argon2'"],
    [magento({ writer: 'md5' } as never), "magento.writer must be 'argon2id'"],
    [drupal({ writer: 'md5' } as never), "drupal.writer must be 'sha512'"],
    [phpbb({ writer: 'md5' } as never), "phpbb.writer must be 'argon2id'"],
    [supabase({ cost: 3 }), 'supabase.cost must be a whole number'],
    [superTokens({ firebaseSignerKey: 'no base64!' }), 'superTokens.firebaseSignerKey must be'],
  ])('is not made of options that are wrong (%#)', (one, problem) => {
    expect(passwordProblems({ adopt: [one] })).toEqual([expect.stringContaining(problem)])
  })
})

describe('A row that somebody planted', () => {
  const hex = (bytes: number) => '0'.repeat(2 * bytes)
  const base64 = (bytes: number) => Buffer.alloc(bytes).toString('base64')
  const salt = hex(16)

  test.each([
    ['gitea', 'too many rounds', `$gitea$pbkdf2$99999999$50$${salt}$${hex(50)}`],
    ['gitea', 'a key that multiplies the rounds', `$gitea$pbkdf2$5000000$64$${salt}$${hex(64)}`],
    ['gitea', 'a key of a thousand bytes', `$gitea$pbkdf2$1000$1000$${salt}$${hex(1000)}`],
    ['gitea', 'a key of one byte', `$gitea$pbkdf2$1000$1$${salt}$00`],
    ['gitea', 'a key of another length', `$gitea$pbkdf2$1000$50$${salt}$${hex(49)}`],
    ['gitea', '256 MiB of scrypt', `$gitea$scrypt$131072$16$2$50$${salt}$${hex(50)}`],
    ['gitea', 'a gigabyte of Argon2', `$gitea$argon2$2$1048576$8$50$${salt}$${hex(50)}`],
    ['gitea', 'passes for hours', `$gitea$argon2$9999999$65536$8$50$${salt}$${hex(50)}`],
    ['gitea', 'a short salt', `$gitea$argon2$2$65536$8$50$01020304$${hex(50)}`],
    ['gitea', 'no salt', `$gitea$pbkdf2$10000$50$$${hex(50)}`],
    ['gitea', 'a salt that is no hex', `$gitea$pbkdf2$10000$50$zz$${hex(50)}`],
    ['gitea', 'a cost of days', `$gitea$bcrypt$31$${salt}$$2a$31$${'a'.repeat(53)}`],
    ['gitea', 'another algorithm', `$gitea$dummy$${salt}$${hex(50)}`],
    ['gitea', 'too few numbers', `$gitea$argon2$2$65536$50$${salt}$${hex(50)}`],
    ['payload', 'a short salt', `$payload$${hex(16)}$${hex(512)}`],
    ['payload', 'a longer key', `$payload$${hex(32)}$${hex(513)}`],
    ['payload', 'another version', `$payload$${hex(32)}$pbkdf2-sha256-v2:${hex(32)}`],
    [
      'keycloak',
      'too many rounds',
      `$keycloak$pbkdf2-sha512,i=99999999$${base64(16)}$${base64(64)}`,
    ],
    ['keycloak', 'a key of blocks', `$keycloak$pbkdf2,i=2000000$${base64(16)}$${base64(64)}`],
    ['keycloak', 'a gigabyte', `$keycloak$argon2id,m=1048576,t=1,p=1$${base64(16)}$${base64(32)}`],
    ['keycloak', 'many lanes', `$keycloak$argon2id,m=7168,t=5,p=99$${base64(16)}$${base64(32)}`],
    ['keycloak', 'a short key', `$keycloak$pbkdf2,i=1000$${base64(16)}$${base64(15)}`],
    ['keycloak', 'a long key', `$keycloak$pbkdf2,i=1000$${base64(16)}$${base64(65)}`],
    ['keycloak', 'another algorithm', `$keycloak$pbkdf2-md5,i=1000$${base64(16)}$${base64(32)}`],
    ['magento', 'a gigabyte', `${hex(32)}:${salt}:3_32_2_1073741824`],
    ['magento', 'passes for hours', `${hex(32)}:${salt}:3_32_99_268435456`],
    [
      'magento',
      'passes that add up',
      `${hex(32)}:${salt}:${Array(4).fill('3_32_8_268435456').join(':')}`,
    ],
    ['magento', 'many steps', `${hex(32)}:${salt}:1:0:1:0:1`],
    ['magento', 'an unknown version', `${hex(32)}:${salt}:4`],
    ['magento', 'no version', `${hex(16)}:${salt}`],
    ['magento', 'a key of another length', `${hex(16)}:${salt}:1`],
    ['magento', 'a key of one byte', `00:${salt}:3_01_2_67108864`],
    ['magento', 'no passes', `${hex(32)}:${salt}:3_32_0_67108864`],
    ['drupal', 'too many rounds', `$S$Gsaltsalt${'.'.repeat(43)}`],
    ['drupal', 'a cost of days', `$2y$31$${'a'.repeat(53)}`],
    ['drupal', 'two marks', `UU$S$5saltsalt${'.'.repeat(43)}`],
    ['phpbb', 'too many rounds', `$H\\2y$Gsaltsalt$10\\${'.'.repeat(22)}$${'.'.repeat(31)}`],
    ['phpbb', 'a cost of days', `$H\\2y$9saltsalt$31\\${'.'.repeat(22)}$${'.'.repeat(31)}`],
    ['phpbb', 'bare MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['phpbb', 'what came from another board', `$CP$5f4dcc3b5aa765d61d8327deb882cf99`],
    [
      'supabase',
      'a gigabyte',
      `$fbscrypt$v=1,n=20,r=8,p=1,ss=Bw==,sk=${base64(64)}$${base64(10)}$${base64(64)}`,
    ],
    [
      'supabase',
      'a lot of lanes',
      `$fbscrypt$v=1,n=14,r=8,p=99,ss=Bw==,sk=${base64(64)}$${base64(10)}$${base64(64)}`,
    ],
    [
      'supabase',
      'another length than the key',
      `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${base64(64)}$${base64(10)}$${base64(63)}`,
    ],
    [
      'supabase',
      'Argon2d, which it refuses',
      hashes('superTokens').find(({ hash }) => hash.startsWith('$argon2d'))?.hash ?? '',
    ],
    ['superTokens', 'a gigabyte', `$f_scrypt$${base64(64)}$${base64(10)}$m=20$r=8$s=Bw==`],
    [
      'superTokens',
      'another length than the key',
      `$f_scrypt$${base64(63)}$${base64(10)}$m=14$r=8$s=Bw==`,
    ],
    [
      'superTokens',
      'a faulty implementation of bcrypt',
      `$2x$05$vTNtOWhKVVLxCQDePmmsa.Loz9RuwwWajZtkchIVLIu4/.ncSTwfq`,
    ],
    ['lucia', 'another version', `s3:${salt}:${hex(64)}`],
    ['lucia', 'a longer key', `s2:${salt}:${hex(65)}`],
    ['betterAuth', 'a shorter salt', `${hex(15)}:${hex(64)}`],
  ])('in %s with %s is no hash', async (name, _, stored) => {
    expect(format(name).recognises(stored)).toBe(false)
    expect(await format(name).verify('', stored)).toBe(false)
  })

  test('in superTokens is nothing of Firebase’s without the signer key', () => {
    const [stored = ''] = hashes('superTokens')
      .map(({ hash }) => hash)
      .filter((hash) => hash.startsWith('$f_'))
    expect(superTokens().recognises(stored)).toBe(false)
    expect(format('superTokens').recognises(stored)).toBe(true)
  })

  test.each([
    ['gitea', `$gitea$scrypt$65536$16$2$50$${salt}$${hex(50)}`],
    ['gitea', `$gitea$pbkdf2$320000$50$${salt}$${hex(50)}`],
    ['keycloak', `$keycloak$pbkdf2,i=1300000$${base64(16)}$${base64(64)}`],
    ['magento', `${hex(32)}:${salt}:0:1:2`],
    ['magento', `${hex(32)}:${salt}:0:1:2:3_32_2_67108864`],
    ['drupal', `$S$Fsaltsalt${'.'.repeat(43)}`],
  ])('in %s at the highest cost that the system writes is a hash: %s', (name, stored) => {
    expect(format(name).recognises(stored)).toBe(true)
  })
})

describe('Characters that can be written in several ways', () => {
  const composed = 'caf\u00e9 au lait'
  const decomposed = composed.normalize('NFD')
  const compatible = '\ufb01sh \u00b2 \uff21'

  test.each(['betterAuth', 'lucia'])(
    'are all one for %s',
    async (name) => {
      const accents = hashes(name).filter(({ password }) => password === decomposed)
      const ligatures = hashes(name).filter(({ password }) => password === compatible)
      expect(Math.min(accents.length, ligatures.length)).toBeGreaterThan(0)
      for (const { hash } of accents) {
        expect(await format(name).verify(composed, hash)).toBe(true)
        expect(await format(name).verify(decomposed, hash)).toBe(true)
        expect(await format(name).verify('cafe au lait', hash)).toBe(false)
      }
      for (const { hash } of ligatures) {
        expect(await format(name).verify('fish 2 A', hash)).toBe(true)
      }
      expect(format(name).isExact?.(composed)).toBe(true)
      expect(format(name).isExact?.(decomposed)).toBe(true)
      // Ours tells them apart: replaced by what is typed once, the other way would be shut out.
      expect(format(name).isExact?.(compatible)).toBe(false)
    },
    30_000,
  )

  test('are normalised in a password of a possible length only', async () => {
    const [{ hash = '' } = {}] = hashes('betterAuth')
    const endless = '\ufdfa'.repeat(100_000)
    expect(await format('betterAuth').verify(endless, hash)).toBe(false)
    expect(format('betterAuth').isExact?.(endless)).toBe(true)
  })

  test.each(['payload', 'gitea', 'keycloak', 'magento', 'drupal'])(
    'are hashed by %s as they were typed, and verify in both ways where they can',
    async (name) => {
      const service = passwords({ cost: 4, adopt: [format(name)] })
      const some = hashes(name).filter(
        (one) => isCheap(one) || name === 'payload' || name === 'keycloak',
      )
      const ofDecomposed = some.find(({ password }) => password === decomposed)?.hash ?? ''
      const ofComposed = some.find(({ password }) => password === composed)?.hash ?? ''
      expect(await format(name).verify(composed, ofDecomposed)).toBe(false)
      expect(await format(name).verify(decomposed, ofComposed)).toBe(false)
      // What was typed is verified, and its NFC.
      expect((await service.verify(decomposed, ofDecomposed)).ok).toBe(true)
      expect((await service.verify(composed, ofComposed)).ok).toBe(true)
      expect((await service.verify(decomposed, ofComposed)).ok).toBe(true)
    },
    30_000,
  )

  test('are composed by phpBB', async () => {
    for (const { hash } of hashes('phpbb').filter(({ password }) => password === decomposed)) {
      expect(await format('phpbb').verify(composed, hash)).toBe(true)
      expect(await format('phpbb').verify(decomposed, hash)).toBe(true)
    }
  })
})

describe('Passwords of unusual length or with unusual characters', () => {
  test.each(['lucia', 'gitea', 'supabase', 'superTokens', 'auth0', 'drupal', 'phpbb'])(
    'the bcrypt of %s reads 72 bytes',
    async (name) => {
      const long = hashes(name).filter(
        ({ password, hash }) => Buffer.byteLength(password) > 72 && /\$2[aby]\$\d\d\$/.test(hash),
      )
      expect(long.length).toBeGreaterThan(0)
      for (const { password, hash } of long) {
        const bytes = Buffer.from(password).subarray(0, 72)
        // The 72nd byte is the first half of a letter; another letter begins with the same.
        expect(bytes.length).toBe(72)
        expect(await format(name).verify(`${'x'.repeat(71)}\u00ea`, hash)).toBe(true)
        expect(await format(name).verify('x'.repeat(71), hash)).toBe(false)
      }
    },
  )

  test('Drupal cuts off white space at the ends, as PHP does', async () => {
    const [{ hash = '' } = {}] = hashes('drupal').filter(
      ({ password }) => password === 'correct horse',
    )
    const { verify, isExact } = format('drupal')
    expect(await verify(' \t\ncorrect horse\r\0\v', hash)).toBe(true)
    expect(await verify('\u00a0correct horse', hash)).toBe(false)
    expect(isExact?.('correct horse ')).toBe(false)
    expect(isExact?.('correct horse')).toBe(true)
    const kept = hashes('drupal').filter(({ password }) => password.includes('kept'))
    expect(kept.length).toBeGreaterThan(0)
    for (const one of kept) expect(await verify('kept', one.hash)).toBe(false)
  })

  test('Drupal has no password of more than 512 bytes', async () => {
    // `$S$5`: 128 rounds of SHA-512 over `saltsalt` and 512 or 513 times the letter x.
    const longest = '$S$5saltsaltnV647QG8jc6c1wykRswTrbxoaIm5YqgcQxoJQqp9taF'
    const longer = '$S$5saltsalt5m3zANp0vVOVuCSf11TezQuoqdbO9l.t4FH827IDqCU'
    expect(await format('drupal').verify('x'.repeat(512), longest)).toBe(true)
    expect(await format('drupal').verify('x'.repeat(513), longest)).toBe(false)
    expect(await format('drupal').verify('x'.repeat(513), longer)).toBe(false)
    const [{ password = '', hash = '' } = {}] = hashes('drupal').filter(({ hash }) =>
      hash.startsWith('$2y$'),
    )
    // bcrypt reads its first 72 bytes only, of which the last letter has two.
    expect(await format('drupal').verify(password.padEnd(511, 'x'), hash)).toBe(true)
    expect(await format('drupal').verify(password.padEnd(512, 'x'), hash)).toBe(false)
  })

  test('phpBB has no password of more than 4096 bytes, as it reads it', async () => {
    const [{ password = '', hash = '' } = {}] = hashes('phpbb').filter(
      ({ password, hash }) => password.length > 72 && hash.startsWith('$2y$'),
    )
    const fill = (length: number) => password.padEnd(length - 1, 'x')
    expect(await format('phpbb').verify(fill(4096), hash)).toBe(true)
    expect(await format('phpbb').verify(fill(4097), hash)).toBe(false)
    expect(await format('phpbb').verify(`${fill(4091)}&`, hash)).toBe(true)
    expect(await format('phpbb').verify(`${fill(4092)}&`, hash)).toBe(false)
  })

  test('phpBB leaves out what its pages leave out', async () => {
    for (const { hash } of hashes('phpbb').filter(
      (one) => isCheap(one) && one.password === 'correct horse',
    )) {
      expect(await format('phpbb').verify('correct\0 horse', hash)).toBe(true)
      expect(await format('phpbb').verify('correct horse ', hash)).toBe(false)
    }
    expect(format('phpbb').isExact?.('correct\0 horse')).toBe(false)
    expect(format('phpbb').isExact?.('"correct" & horse')).toBe(true)
  })

  test('the rounds of Drupal come to the same in a thread and in turns', async () => {
    const [{ password = '', hash = '' } = {}] = hashes('drupal')
    const phpass = parseDrupalPhpass(hash)
    if (phpass === null) throw new Error('a hash of Drupal is needed')
    const works: string[] = []
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const slow = { ...phpass, rounds: 2 ** 15 }
    await verifyPhpass(password, slow, 512, (task, elsewhere) => {
      works.push(task.work)
      return elsewhere()
    })
    clearInterval(timer)
    expect(works).toEqual(['chain'])
    expect(turns).toBeGreaterThan(2)
    for (const text of [password, `${password}!`]) {
      const inTurns = await verifyPhpass(text, phpass, 512, (_, elsewhere) => elsewhere())
      const inThread = await verifyPhpass(text, phpass, 512)
      expect([inTurns, inThread]).toEqual([text === password, text === password])
    }
  })
})

describe('Columns become one text', () => {
  test('of Payload', () => {
    for (const { hash } of hashes('payload')) {
      const [, , salt = '', rest = ''] = hash.split('$')
      expect(payload.compose({ salt, hash: rest })).toBe(hash)
    }
    expect(format('payload').recognises(payload.compose({ salt: '', hash: '' }))).toBe(false)
  })

  test('of Gitea, with the salt of a row that has bcrypt, and without an algorithm', () => {
    const salt = 'a'.repeat(10)
    const bcryptHash = '$2a$10$fjtm8BsQ2crym01/piJroenO3oSVUBhSLKaGdTYJ4tG0ePVCrU0G2'
    expect(gitea.compose({ hash: bcryptHash, salt, algorithm: 'bcrypt' })).toBe(
      hashes('gitea').find(({ hash }) => hash.includes(bcryptHash))?.hash,
    )
    const hash =
      'ab48d5471b7e6ed42d10001db88c852ff7303c788e49da5c3c7b63d5adf96360303724b74b679223a3dea8a242d10abb1913'
    for (const algorithm of ['', 'pbkdf2', 'pbkdf2$10000$50']) {
      expect(format('gitea').recognises(gitea.compose({ hash, salt, algorithm }))).toBe(true)
    }
    expect(format('gitea').recognises(gitea.compose({ hash: '', salt: '', algorithm: '' }))).toBe(
      false,
    )
  })

  test('of Keycloak', async () => {
    const secretData =
      '{"value":"BuViHNDGmCq80fvpty/QoggTI8NSt0CuNDGgeoa5f5A=","salt":"RJ0aLMQ2qKbZuROs7qQhcA==","additionalParameters":{}}'
    const argon2Data = (version: string) =>
      `{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["${version}"],"parallelism":["1"]}}`
    const text = keycloak.compose({ credentialData: argon2Data('1.3'), secretData })
    expect(text).toMatch(/^\$keycloak\$argon2id,m=7168,t=5,p=1\$RJ0a/)
    expect(await format('keycloak').verify('iceberg', text)).toBe(true)
    const pbkdf2 = keycloak.compose({
      credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}',
      secretData:
        '{"salt":"x/bm4Y3DcuV9eU97ervkPA==","value":"1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4="}',
    })
    expect(pbkdf2).toMatch(/^\$keycloak\$pbkdf2-sha256,i=27500\$/)
    expect(await format('keycloak').verify('admin', pbkdf2)).toBe(true)
    for (const [credentialData, secret] of [
      [argon2Data('1.0'), secretData],
      ['', secretData],
      ['null', secretData],
      ['[]', secretData],
      ['{"hashIterations":-1,"algorithm":"bcrypt"}', '{"value":"$2y$10$a","salt":""}'],
      ['{"hashIterations":1e9,"algorithm":"pbkdf2-sha256"}', secretData],
      [argon2Data('1.3'), '{"value":5,"salt":[]}'],
      [argon2Data('1.3'), '{'],
      ['{"algorithm":"argon2","additionalParameters":{"memory":7168}}', secretData],
      ['{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1"}', '{"value":"secret"}'],
    ] as const) {
      expect(keycloak.compose({ credentialData, secretData: secret })).toBe('!')
    }
  })
})
