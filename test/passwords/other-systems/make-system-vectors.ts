/**
 * Makes `system-vectors.json`: hashes of systems that people leave.
 *
 * In an empty folder: `npm install --ignore-scripts better-auth@1.7.25 oslo@1.2.1 lucia@3.2.2
 * lucia2@npm:lucia@2.7.6 lucia1@npm:lucia-auth@1.8.0 bcryptjs@3.0.3 @node-rs/argon2@2.2.1`, and for
 * Payload `npm pack payload@3.0.0 payload@3.90.2`, each unpacked into `payload-<version>`.
 *
 * Run: `node make-system-vectors.ts <that folder> > system-vectors.json`; needs `java` for what
 * Keycloak has of the JDK, and `python3` for digests that are not of Node.
 *
 * Salts are random, so every run writes other hashes. Made by the original's own code unless
 * `source` says otherwise.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = process.argv[2] ?? '.'
const load = createRequire(join(folder, 'package.json'))
// biome-ignore lint/suspicious/noExplicitAny: packages that are not installed here.
const from = (name: string): Promise<any> => import(pathToFileURL(load.resolve(name)).href)
const file = (path: string) => pathToFileURL(join(folder, path)).href

const vectors: object[] = []
function add(format: string, password: string, hash: string, source?: string): void {
  vectors.push({ format, password, hash, ...(source && { source }) })
}

const plain = 'correct horse'
const composed = 'caf\u00e9 au lait'
const decomposed = composed.normalize('NFD')
const compatible = '\ufb01sh \u00b2 \uff21'
const marked = `"<Fish> & 'chips'"`
const long = `${'x'.repeat(71)}\u00e9 and more`
const replacement = '\ufffd'

const python = (code: string, ...args: string[]) =>
  execFileSync('python3', ['-c', code, ...args]).toString()

// Better Auth, Lucia and Oslo normalise: what they are given decomposed, they hash composed.
const betterAuth = await from('better-auth/crypto')
for (const password of [plain, decomposed, compatible, long, replacement]) {
  add('betterAuth', password, await betterAuth.hashPassword(password))
}

const lucia1 = await import(file('node_modules/lucia1/utils/crypto.js'))
const lucia2 = await import(file('node_modules/lucia2/dist/utils/crypto.js'))
const lucia3 = await from('lucia')
const oslo = await from('oslo/password')
for (const password of [plain, decomposed, compatible]) {
  add('lucia', password, await lucia1.generateScryptHash(password))
  add('lucia', password, await lucia2.generateScryptHash(password))
  add('lucia', password, await new lucia3.LegacyScrypt().hash(password))
  add('lucia', password, await new lucia3.Scrypt().hash(password))
  add('lucia', password, await new oslo.Scrypt().hash(password))
  const cheap = { memorySize: 64, iterations: 1 }
  add('lucia', password, await new oslo.Argon2id(cheap).hash(password))
  add('lucia', password, await new oslo.Bcrypt({ cost: 4 }).hash(password))
}
add('lucia', long, await new oslo.Bcrypt({ cost: 4 }).hash(long))
add('lucia', replacement, await lucia2.generateScryptHash(replacement))

for (const version of ['3.0.0', '3.90.2']) {
  const path = `payload-${version}/package/dist/auth/strategies/local/generatePasswordSaltHash.js`
  // Without the validation of Payload's fields, which pulls in all of it.
  const code = readFileSync(join(folder, path), 'utf8').replaceAll(/^import \{.*$/gm, '')
  const own = join(folder, `payload-${version}.mjs`)
  writeFileSync(own, `const password = () => true\n${code}`)
  const { generatePasswordSaltHash } = await import(pathToFileURL(own).href)
  for (const password of [plain, composed, decomposed, long, replacement]) {
    const { hash, salt } = await generatePasswordSaltHash({ password })
    add('payload', password, `$payload$${salt}$${hash}`)
  }
}

// Keycloak asks the JDK for PBKDF2, and Bouncy Castle for Argon2.
const java = `
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
class Keycloak {
  public static void main(String[] args) throws Exception {
    String padded = args[1];
    while (padded.length() < 14) padded += "\\0";
    PBEKeySpec spec = new PBEKeySpec(padded.toCharArray(), Base64.getDecoder().decode(args[2]),
      Integer.parseInt(args[3]), Integer.parseInt(args[4]));
    byte[] key = SecretKeyFactory.getInstance(args[0]).generateSecret(spec).getEncoded();
    System.out.print(Base64.getEncoder().encodeToString(key));
  }
}`
const javaFile = join(mkdtempSync(join(tmpdir(), 'keycloak-')), 'Keycloak.java')
writeFileSync(javaFile, java)
const jdk = 'javax.crypto.SecretKeyFactory of JDK 17, as Keycloak calls it'
const variants = [
  ['pbkdf2', 'PBKDF2WithHmacSHA1', 20_000, 512],
  ['pbkdf2-sha256', 'PBKDF2WithHmacSHA256', 27_500, 512],
  ['pbkdf2-sha256', 'PBKDF2WithHmacSHA256', 27_500, 256],
  ['pbkdf2-sha512', 'PBKDF2WithHmacSHA512', 30_000, 512],
] as const
for (const [name, algorithm, rounds, bits] of variants) {
  for (const password of [plain, composed, decomposed, replacement]) {
    const salt = randomBytes(16).toString('base64')
    const args = ['-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8', javaFile, algorithm]
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    const key = execFileSync('java', [...args, password, salt, `${rounds}`, `${bits}`], { env })
    add('keycloak', password, `$keycloak$${name},i=${rounds}$${salt}$${key}`, jdk)
  }
}

const { hashRaw } = await from('@node-rs/argon2')
const argon2 = (
  password: string,
  salt: Buffer,
  [memoryCost, timeCost, parallelism, outputLen]: readonly number[],
): Promise<Buffer> =>
  hashRaw(password, {
    algorithm: 2,
    version: 1,
    salt,
    memoryCost,
    timeCost,
    parallelism,
    outputLen,
  })
const rust = '@node-rs/argon2'
for (const password of [plain, decomposed]) {
  const salt = randomBytes(16)
  const value = await argon2(password, salt, [7168, 5, 1, 32])
  const texts = [salt, value].map((bytes) => bytes.toString('base64')).join('$')
  add('keycloak', password, `$keycloak$argon2id,m=7168,t=5,p=1$${texts}`, rust)
}

const derive = `
import sys, hashlib
kind, password, salt, *numbers = sys.argv[1:]
numbers = [int(n) for n in numbers]
if kind == 'pbkdf2': key = hashlib.pbkdf2_hmac('sha256', password.encode(), bytes.fromhex(salt), numbers[0], 50)
if kind == 'scrypt': key = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=numbers[0], r=numbers[1], p=numbers[2], dklen=50, maxmem=2**28)
print(key.hex(), end='')`
const bcryptjs = (await from('bcryptjs')).default
for (const password of [plain, composed, decomposed, replacement]) {
  const salt = randomBytes(16)
  const hex = salt.toString('hex')
  const pbkdf2 = python(derive, 'pbkdf2', password, hex, '10000')
  add('gitea', password, `$gitea$pbkdf2$10000$50$${hex}$${pbkdf2}`, 'hashlib of Python')
  const scrypt = python(derive, 'scrypt', password, hex, '1024', '16', '2')
  add('gitea', password, `$gitea$scrypt$1024$16$2$50$${hex}$${scrypt}`, 'hashlib of Python')
  const tag = (await argon2(password, salt, [256, 2, 8, 50])).toString('hex')
  add('gitea', password, `$gitea$argon2$2$256$8$50$${hex}$${tag}`, rust)
}
for (const password of [plain, composed, decomposed, long]) {
  const hash = bcryptjs.hashSync(password, 4).replace(/^\$2b/, '$2a')
  const hex = randomBytes(16).toString('hex')
  add('gitea', password, `$gitea$bcrypt$4$${hex}$${hash}`, 'bcryptjs')
  add('supabase', password, hash, 'bcryptjs')
  add('superTokens', password, hash, 'bcryptjs')
  add('auth0', password, bcryptjs.hashSync(password, 4), 'bcryptjs')
}
add('supabase', replacement, bcryptjs.hashSync(replacement, 4), 'bcryptjs')
add('superTokens', replacement, bcryptjs.hashSync(replacement, 4), 'bcryptjs')

// phpass, as Drupal and phpBB have it, in Python.
const phpass = `
import sys, hashlib
algorithm, password, setting = sys.argv[1:]
data = password.encode()
A = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
count = 1 << A.index(setting[0])
digest = hashlib.new(algorithm, setting[1:].encode() + data).digest()
for _ in range(count): digest = hashlib.new(algorithm, digest + data).digest()
out = ''
for i in range(0, len(digest), 3):
    part = digest[i:i+3]
    value = int.from_bytes(part, 'little')
    for _ in range(len(part) + 1):
        out += A[value & 63]
        value >>= 6
print(out, end='')`
const setting = (cost: string) => cost + randomBytes(4).toString('hex')
const written = 'Python, as the original describes it'
const md5 = (text: string) =>
  python('import sys, hashlib; print(hashlib.md5(sys.argv[1].encode()).hexdigest(), end="")', text)
for (const password of [plain, composed, decomposed, marked, replacement, '\u00a0kept\u2003']) {
  const sha512 = (text: string, start: string) =>
    `$S$${start}${python(phpass, 'sha512', text, start)}`.slice(0, 55)
  add('drupal', password, sha512(password, setting('6')), written)
  add('drupal', password, `U${sha512(md5(password), setting('6'))}`, written)
  const start = setting('5')
  add('drupal', password, `$P$${start}${python(phpass, 'md5', password, start)}`, written)
}
add('drupal', long, bcryptjs.hashSync(long, 4).replace(/^\$2b/, '$2y'), 'bcryptjs')

// What phpBB makes of a password before it hashes it: NFC, with the characters of HTML escaped.
const escaped = (text: string) =>
  python(
    'import sys, html, unicodedata; print(unicodedata.normalize("NFC", html.escape(sys.argv[1], False).replace(chr(34), "&quot;")), end="")',
    text,
  )
for (const password of [plain, decomposed, marked, replacement, long]) {
  const text = escaped(password)
  const start = setting('5')
  const inner = python(phpass, 'md5', text, start)
  add('phpbb', password, `$H$${start}${inner}`, written)
  const bcrypt = (input: string, version: string) =>
    bcryptjs.hashSync(input, 4).replace(/^\$2b/, `$${version}`)
  add('phpbb', password, bcrypt(text, '2y'), 'bcryptjs')
  const [, version, cost, rest = ''] = bcrypt(inner, '2y').split('$')
  const outer = `${cost}\\${rest.slice(0, 22)}$${rest.slice(22)}`
  add('phpbb', password, `$H\\${version}$${start}$${outer}`, 'bcryptjs and Python')
  const salt = randomBytes(16)
  const tag = await argon2(text, salt, [256, 4, 2, 32])
  const bare = [salt, tag].map((bytes) => bytes.toString('base64').replaceAll('=', '')).join('$')
  add('phpbb', password, `$argon2id$v=19$m=256,t=4,p=2$${bare}`, rust)
}

const digest = (algorithm: string, text: string) =>
  python(
    'import sys, hashlib; print(hashlib.new(sys.argv[1], sys.argv[2].encode()).hexdigest(), end="")',
    algorithm,
    text,
  )
for (const password of [plain, composed, decomposed, replacement]) {
  const salt = randomBytes(16).toString('hex')
  const inBytes = Buffer.from(salt).subarray(0, 16)
  const argon = async (text: string, memory: number) =>
    (await argon2(text, inBytes, [memory, 2, 1, 32])).toString('hex')
  const fast = digest('md5', salt + password)
  const twice = digest('sha256', salt + fast)
  const source = 'Python and @node-rs/argon2, as the original describes it'
  add('magento', password, `${fast}:${salt}:0`, source)
  add('magento', password, `${digest('sha256', salt + password)}:${salt}:1`, source)
  add('magento', password, `${twice}:${salt}:0:1`, source)
  add('magento', password, `${await argon(password, 256)}:${salt}:3_32_2_262144`, source)
  add('magento', password, `${await argon(twice, 256)}:${salt}:0:1:3_32_2_262144`, source)
}
const saltOfFour = 'aB3d'
add(
  'magento',
  plain,
  `${(await argon2(plain, Buffer.from(saltOfFour.repeat(4)), [65_536, 2, 1, 32])).toString('hex')}:${saltOfFour}:2`,
  rust,
)

// Published with the password, by the original's own tests unless it says otherwise.
const published: readonly (readonly [string, string, string, string])[] = [
  [
    'gitea',
    'abcdef',
    '$gitea$bcrypt$aaaaaaaaaa$$2a$10$fjtm8BsQ2crym01/piJroenO3oSVUBhSLKaGdTYJ4tG0ePVCrU0G2',
    '',
  ],
  [
    'gitea',
    'abcdef',
    '$gitea$scrypt$aaaaaaaaaa$3b571d0c07c62d42b7bad3dbf18fb0cd67d4d8cd4ad4c6928e1090e5b2a4a84437c6fd2627d897c0e7e65025ca62b67a0002',
    '',
  ],
  [
    'gitea',
    'abcdef',
    '$gitea$argon2$2$65536$8$50$aaaaaaaaaa$551f089f570f989975b6f7c6a8ff3cf89bc486dd7bbe87ed4d80ad4362f8ee599ec8dda78dac196301b98456402bcda775dc',
    '',
  ],
  [
    'gitea',
    'abcdef',
    '$gitea$$aaaaaaaaaa$ab48d5471b7e6ed42d10001db88c852ff7303c788e49da5c3c7b63d5adf96360303724b74b679223a3dea8a242d10abb1913',
    '',
  ],
  [
    'gitea',
    'abcdef',
    '$gitea$pbkdf2$320000$50$01020304$84e233114499e8721da80e85568e5b7b5900b3e49a30845fcda9d1e1756da4547d70f8740ac2b4a5d82f88cebcd27f21bfe2',
    '',
  ],
  [
    'supabase',
    'test',
    '$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g',
    '',
  ],
  [
    'supabase',
    'test',
    '$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk',
    '',
  ],
  [
    'supabase',
    'mytestpassword',
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==',
    '',
  ],
  [
    'superTokens',
    'testPass123',
    '$2a$10$GzEm3vKoAqnJCTWesRARCe/ovjt/07qjvcH9jbLUg44Fn77gMZkmm',
    '',
  ],
  [
    'superTokens',
    'testPass123',
    '$argon2id$v=19$m=16,t=2,p=1$VG1Oa1lMbzZLbzk5azQ2Qg$kjcNNtZ/b0t/8HgXUiQ76A',
    '',
  ],
  [
    'superTokens',
    'testing123',
    '$argon2i$v=19$m=16,t=2,p=1$alJQU1VpOG9VWXlqV0dlYw$mThT4E5LULSyn/XhCZc9Hw',
    '',
  ],
  [
    'superTokens',
    'testing123',
    '$argon2d$v=19$m=16,t=2,p=1$alJQU1VpOG9VWXlqV0dlYw$Ktlqf9xi1Toyx1XcbCwVUQ',
    '',
  ],
  [
    'superTokens',
    'testPass123',
    '$2y$10$lib5x4nbosKuK31FI8gG1OPVi/EuVHRVM7qmg1EiGADYYcIxTMJfa',
    '',
  ],
  [
    'superTokens',
    'testPass123',
    '$f_scrypt$9Y8ICWcqbzmI42DxV1jpyEjbrJPG8EQ6nI6oC32JYz+/dd7aEjI/R7jG9P5kYh8v9gyqFKaXMDzMg7eLCypbOA==$/cj0jC1br5o4+w==$m=14$r=9$s=Bw==',
    '',
  ],
  [
    'superTokens',
    'testPass123',
    '$f_scrypt$LalFtzCxLIl14+ol6e/3cjHoa2B73ULiMN+Mjm+nJJEfQqtsXPpDX1VU4s9XyiuwGrQ5RN69PWL5DrHuNUH+RA==$/cj0jC1br5o4+w==$m=15$r=8$s=Bw==',
    '',
  ],
  ['drupal', 'valid password', '$S$5TOxWPdvJRs0P/xZBdrrPlGgzViOS0drHu3jaIjitesfttrp18bk', ''],
  ['drupal', 'valid password', 'U$S$5vNHDQyLqCTvsYBLWBUWXJWhA0m3DTpBh04acFEOGB.bKBclhKgo', ''],
  [
    'drupal',
    'drupal_sha512',
    '$S$D7JxIm0f7QKO3zjwVS1RH4AW8sYvmLjO0.Rn4swH0JVt6OrZ4yzZ',
    'tests of DokuWiki',
  ],
  [
    'drupal',
    'pouette1234',
    'U$S$9c47LGZuhR6TvhRQXzymkJIQ3mXthUCc6KDEGTt4B7eOL/H9Ykuy',
    'tests of DokuWiki',
  ],
  ['phpbb', 'test12345', '$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', 'tests of DokuWiki'],
  [
    'phpbb',
    '123456',
    '$H\\2y$7RsqOrLNk$10\\vw31ldi5VPlyG2t5HxqIKe$yFv5dvOFakbr/GBBC0oyfIGMOkSD1dq',
    'a module of hashcat',
  ],
  [
    'magento',
    'shopware',
    'e9885e11dfcdd0e93edbc8a48b464229:HOiS51whl8VzfvZvGfw5AKa8gn7c3bEZ:0',
    'tests of SwagMigrationMagento',
  ],
  [
    'magento',
    'shopware',
    '0031eacf0a058199396f3ecd3a68ea620bb335a3bbf22e5f34547e27affa7249:HOiS51whl8VzfvZvGfw5AKa8gn7c3bEZ:1',
    'tests of SwagMigrationMagento',
  ],
  [
    'magento',
    'Password@',
    'ab5ebf8d273b085b6a60336198e0a5a2090fdc3e0606a678315c7274ab06e046:5PiKJRn28bBKoFMopMaaKuV47aJ6GzVg:3_32_2_67108864',
    'a converter of Magento hashes',
  ],
  [
    'keycloak',
    'test',
    '$keycloak$pbkdf2-sha256,i=27500$lZtleWv1DeEcNIr8MTzdeg==$/bVkHA4G/VOskjaCgNYyTz1BhgD+9X8bxCNEPGGpnDCJbWHDXIW0G8IlSBhDdJsXTjrXt/7yQguBwJ3sxSmSKA==',
    'tests of novareto/user_access_managment',
  ],
  [
    'keycloak',
    'admin',
    '$keycloak$pbkdf2-sha256,i=27500$x/bm4Y3DcuV9eU97ervkPA==$1u7BLvfSPxQFpwc5jpGSA+88EGl9pZYKhaZ8YPIu9N4=',
    'a how-to of dev.to',
  ],
  [
    'keycloak',
    'iceberg',
    '$keycloak$argon2id,m=7168,t=5,p=1$RJ0aLMQ2qKbZuROs7qQhcA==$BuViHNDGmCq80fvpty/QoggTI8NSt0CuNDGgeoa5f5A=',
    'a realm in a public README',
  ],
]
for (const [format, password, hash, source] of published) {
  add(format, password, hash, `published: ${source || 'the original’s own tests'}`)
}

process.stdout.write(`${JSON.stringify(vectors, null, 2)}\n`)
