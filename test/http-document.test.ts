import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { apiKeys, bearer, errorStatus, recovery, type SigningJwk, session, sudo } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { google, oauth } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'

const page = readFileSync(new URL('../docs/http.md', import.meta.url), 'utf8')

/** An application with every route that there is. */
function everything() {
  const db = drizzle(new Database(':memory:'))
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = { ...privateKey.export({ format: 'jwk' }), kid: '1', alg: 'EdDSA' } as SigningJwk
  const keys = drizzleApiKeys(db, sqliteTable('keys', authApiKeyColumns()))
  return application({
    users: drizzleUsers(db, sqliteTable('users', authUserColumns())),
    transports: [
      session({ managementRoutes: true }),
      bearer({ keys: [key] }),
      apiKeys({ keys, managementRoutes: true }),
    ],
    features: [
      sudo({ route: true }),
      recovery({
        channels: [{ name: 'mail', deliver: () => undefined }],
        frontendUrl: 'https://app.example.com',
        signIn: true,
        confirmations: true,
      }),
      oauth({
        handOff: true,
        providers: { google: google({ clientId: 'shop', clientSecret: 'secret' }) },
        redirectBaseUrl: 'https://app.example.com',
      }),
    ],
    rateLimits: {},
  }).auth
}

type Limited = { readonly route: string | undefined }

describe('docs/http.md', () => {
  test('has a heading for every route, and for no other', () => {
    const headings = [...page.matchAll(/^### (`(?:GET|POST|DELETE) .*)$/gm)].flatMap(([, line]) =>
      [...(line ?? '').matchAll(/`([^`]*)`/g)].map(([, route]) => route),
    )
    const routes = everything().endpoints.map(
      ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
    )
    expect(headings.sort()).toEqual(routes.sort())
  })

  test('lists every error code at its status', () => {
    const listed = [...page.matchAll(/^\| ([45]\d\d) \| (.*) \|$/gm)].flatMap(([, status, codes]) =>
      [...(codes ?? '').matchAll(/`([a-z_]+)`/g)].map(([, code]) => [code, Number(status)]),
    )
    expect(Object.fromEntries(listed)).toEqual(errorStatus)
  })

  test('lists every rate limit with its default', () => {
    const rows = page.matchAll(/^\| `(\w+)` \| (\d+) per (\d+) s \| (.*?) \| (.*) \|$/gm)
    const listed = [...rows].flatMap(([, action, times, seconds, by, routes = '']) =>
      [...routes.matchAll(/`([^`]*)`/g)].map(([, route]) => ({
        route,
        action,
        times: Number(times),
        seconds: Number(seconds),
        by: by === 'login' ? 'login' : 'address',
      })),
    )
    const limits = everything()
      .describe()
      .routes.flatMap(({ method, path, limit }) =>
        limit ? [{ route: `${method} ${path.replace(/:(\w+)/g, '{$1}')}`, ...limit }] : [],
      )
    const byRoute = (a: Limited, b: Limited) => (String(a.route) < String(b.route) ? -1 : 1)
    expect(listed.sort(byRoute)).toEqual(limits.sort(byRoute))
  })

  test('names every cookie', () => {
    for (const { name } of everything().describe().cookies) {
      expect(page).toContain(`| \`${name.replace('__Host-', '')}\``)
    }
  })
})
