/**
 * The table of rate limits in `docs/configuration.md`, against what is mounted.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { apiKeys, bearer, crudAuth, recovery, session } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { google, oauth } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'

const page = readFileSync(join(import.meta.dirname, '../docs/configuration.md'), 'utf8')
const users = sqliteTable('users', authUserColumns())
const keys = sqliteTable('api_keys', authApiKeyColumns())

test('the documentation lists every limited route with its action, its default and whom it counts', () => {
  const db = drizzle(new Database(':memory:'))
  const auth = crudAuth({
    users: drizzleUsers(db, users),
    secret: 'a secret for tests, thirty-two bytes or more',
    transports: [
      session({ managementRoutes: true }),
      bearer(),
      apiKeys({ keys: drizzleApiKeys(db, keys), managementRoutes: true }),
    ],
    features: [
      recovery({
        channels: [{ name: 'mail', deliver: () => undefined }],
        frontendUrl: 'https://app.example.com',
      }),
      oauth({
        handOff: true,
        providers: { google: google({ clientId: 'shop', clientSecret: 'secret' }) },
        redirectBaseUrl: 'https://app.example.com',
      }),
    ],
  })
  const rows = page.matchAll(
    /^\| `(\w+)` \| `([^`]+)`.* \| (\d+) in (\d+) seconds \| (?:client )?(\w+)/gm,
  )
  const documented = [...rows].map(([, action, route, times, seconds, by]) => ({
    action,
    route,
    limit: `${times} in ${seconds} by ${by}`,
  }))
  // Where a route has a historical path, too, the table begins with the other one.
  const mounted = auth.describe().routes.flatMap(({ method, path, limit }) =>
    limit && !path.startsWith('/email/')
      ? [
          {
            action: limit.action,
            route: `${method} ${path}`,
            limit: `${limit.times} in ${limit.seconds} by ${limit.by}`,
          },
        ]
      : [],
  )
  const inOrder = (list: readonly { action?: string | undefined }[]) =>
    list.toSorted((a, b) => String(a.action).localeCompare(String(b.action)))
  expect(inOrder(documented)).toEqual(inOrder(mounted))
})
