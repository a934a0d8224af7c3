/**
 * What is printed of a configuration, of what it makes and of what goes wrong shows no key.
 */
import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { apiKeys, bearer, crudAuth, email, recovery, session, sudo } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { firebaseScrypt } from 'crudauth/hashes'
import { honoAuth } from 'crudauth/hono'
import { nodemailerSender } from 'crudauth/nodemailer'
import {
  apple,
  discord,
  github,
  gitlab,
  google,
  microsoft,
  oauth,
  oauth2,
  oidc,
} from 'crudauth/oauth'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { deriveKey } from '../src/crypto.ts'
import { database, members } from './support/world.ts'

const secret = 'the secret that nobody may read, 32 bytes or more'
const earlier = 'an earlier secret that nobody may read, 32 bytes'
const pepper = 'the pepper that nobody may read, 32 bytes or more'
const signerKey = Buffer.from('the signer key that nobody reads').toString('base64')
const client = { clientId: 'shop', clientSecret: 'the client secret that nobody reads' }
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'first', alg: 'ES256' }

/** Every form in which a key may be printed. */
function forms(text: string): string[] {
  const bytes = Buffer.from(text)
  const derived = ['known device', 'audience', 'password epoch'].map((purpose) =>
    Buffer.from(deriveKey(text, purpose)),
  )
  return [bytes, ...derived].flatMap((one) => [
    one.toString('utf8'),
    one.toString('base64'),
    one.toString('base64url'),
    one.toString('hex'),
    one.toString('hex').replaceAll(/(..)(?!$)/g, '$1 '),
    [...one].join(', '),
  ])
}

const hidden = [
  ...[
    secret,
    earlier,
    pepper,
    'pa55word-of-redis',
    'pa55word-of-smtp',
    client.clientSecret,
  ].flatMap(forms),
  ...forms(Buffer.from(signerKey, 'base64').toString()),
  signerKey,
  jwk.d ?? '',
  String(privateKey.export({ format: 'pem', type: 'pkcs8' })).split('\n')[1] ?? '',
]

function everythingOf(value: unknown): string {
  const shown = inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
  })
  let json = ''
  try {
    json = JSON.stringify(value) ?? ''
  } catch {}
  return `${shown}${json}${String(value)}`
}

test('No key is printed of what is configured, made, described or thrown', async () => {
  const { sqlite, db } = database()
  const keys = drizzleApiKeys(drizzle(sqlite), sqliteTable('api_keys', authApiKeyColumns()))
  const storage = redisStorage({ url: 'redis://:pa55word-of-redis@127.0.0.1:1', timeoutMs: 50 })
  const transports = [
    session(),
    bearer({ keys: [jwk as never], refresh: 'body' }),
    apiKeys({ keys }),
  ] as const
  const sender = nodemailerSender({
    from: 'Shop <no-reply@shop.example>',
    transport: 'smtps://shop:pa55word-of-smtp@mail.example.com',
  })
  const features = [
    sudo({ route: true }),
    recovery({ channels: [email(sender)], frontendUrl: 'https://app.example.com', signIn: true }),
    oauth({
      providers: { google: google(client), github: github(client) },
      redirectBaseUrl: 'https://app.example.com',
      keepTokens: true,
    }),
  ] as const
  const issuer = 'https://id.example.com'
  const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const endpoints = { authorization: `${issuer}/authorize`, token: `${issuer}/token` }
  const providers = [
    google(client),
    github(client),
    discord(client),
    gitlab(client),
    microsoft({ ...client, tenants: ['72f988bf-86f1-41af-91ab-2d7cd011db47'] }),
    apple({ clientId: 'shop', teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: pem }),
    oidc({ issuer, ...client }),
    oauth2({
      label: 'Forge',
      issuer,
      ...client,
      endpoints,
      scopes: [],
      further: {},
      profile: () => null,
    }),
  ]
  const adopted = firebaseScrypt({ signerKey, saltSeparator: 'Bw==', rounds: 8, memCost: 14 })
  const configuration = {
    users: drizzleUsers(db, members),
    secret: [secret, earlier],
    transports,
    features,
    storage,
    passwords: { pepper, adopt: [adopted] },
    onEvent: () => undefined,
  }
  const auth = crudAuth(configuration as never)
  const hono = honoAuth(configuration as never)
  const failed = await storage.get('x').catch((error: unknown) => error)
  const misconfigured = (() => {
    try {
      return crudAuth({ ...configuration, secret: [secret, 'short'], namespace: '!' } as never)
    } catch (error) {
      return error
    }
  })()
  const { secret: _secret, passwords: _passwords, ...rest } = configuration
  const all = {
    auth,
    hono,
    rest,
    transports,
    features,
    providers,
    sender,
    storage,
    adopted,
    failed,
    misconfigured,
  }
  for (const [name, value] of Object.entries({ ...all, described: auth.describe() })) {
    const shown = everythingOf(value)
    for (const key of hidden) expect(shown.includes(key), `${name} shows ${key}`).toBe(false)
  }
})
