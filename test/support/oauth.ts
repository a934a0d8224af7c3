/**
 * A world with sign-in at providers, and what people do there.
 */

import Database from 'better-sqlite3'
import type { AuthConfig, UserStore, UserTypes } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { type OAuth, type OAuthOptions, type OAuthProvider, oauth, oauth2 } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Browser } from './browser.ts'
import { createTable } from './create-table.ts'
import { redirectBaseUrl } from './oidc-provider.ts'
import { type WorldConfig, world } from './world.ts'

/** Users with a column for two providers of a test's own. */
export const people = sqliteTable('people', {
  ...authUserColumns(),
  demoId: text('demo_id').unique(),
  otherId: text('other_id').unique(),
  displayName: text('display_name'),
})

export function peopleTable() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  return { sqlite, users: drizzleUsers(drizzle(sqlite), people) }
}

/** A provider that gives no ID tokens. It is nowhere. */
export const forge: OAuthProvider = oauth2({
  label: 'Forge',
  issuer: 'https://forge.example',
  clientId: 'shop',
  endpoints: { authorization: 'https://forge.example/a', token: 'https://forge.example/t' },
  further: {},
  profile: () => ({ subject: '1' }),
})

export interface OAuthWorldOptions extends Partial<OAuthOptions> {
  readonly config?: WorldConfig
  readonly hooks?: AuthConfig['hooks']
  readonly others?: NonNullable<WorldConfig['features']>
  /** A table that another application has, too. */
  readonly table?: ReturnType<typeof peopleTable>
}

/** Tables without a column for what is registered plainly. */
const plainly = { registration: { answers: 'plain' } } as WorldConfig

export function oauthWorld(
  providers: Readonly<Record<string, OAuthProvider>>,
  {
    config = {},
    hooks = {},
    others = [],
    table = peopleTable(),
    ...options
  }: OAuthWorldOptions = {},
) {
  const { sqlite, users } = table
  const feature = oauth({ providers, redirectBaseUrl, ...options })
  const made = world(
    {
      features: [feature, ...others],
      ...plainly,
      ...config,
      users: users as unknown as UserStore<UserTypes>,
    } as WorldConfig,
    hooks as never,
  )
  // Providers go by the time that it is.
  made.clock.now = Date.now()
  const auth = made.auth as typeof made.auth & { readonly oauth: OAuth }
  return {
    ...made,
    auth,
    sqlite,
    /** Goes to the provider; returns its address. */
    async leave(client: Browser, provider = 'demo', redirectTo?: string) {
      const query = redirectTo === undefined ? '' : `?redirect_to=${encodeURIComponent(redirectTo)}`
      const response = await client.get(`/oauth/${provider}/authorize${query}`)
      if (response.status !== 307) throw new Error(`${response.status}: ${await response.text()}`)
      return response.headers.get('location') ?? ''
    },
    /** Everybody there is, by the database. */
    rows: () =>
      sqlite.prepare('select * from people order by id').all() as Record<string, unknown>[],
    refused: () => made.events.flatMap((event) => (event.name === 'oauth.refused' ? [event] : [])),
  }
}

export type OAuthWorld = ReturnType<typeof oauthWorld>

/** As browsers ask for pages. */
export const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml' } }

/** What a redirect to a page says. */
export function told(response: Response) {
  const location = response.headers.get('location') ?? ''
  const url = new URL(location, 'https://nowhere.invalid')
  return {
    status: response.status,
    page: location.split('?')[0],
    ...Object.fromEntries(url.searchParams),
  }
}
