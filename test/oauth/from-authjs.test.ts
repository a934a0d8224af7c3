/**
 * People of Auth.js (NextAuth) sign in at their provider as before, by what the page says to run.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { oidc } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oauthWorld, people, peopleTable } from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await openIdProvider()
})
afterAll(() => provider.close())

const page = readFileSync(join(import.meta.dirname, '../../docs/oauth.md'), 'utf8')
const [, statement = ''] = /### From Auth\.js.*?```sql\n(.*?)```/s.exec(page) ?? []

/** As for this table and provider. */
const here = statement
  .replaceAll('"User"', 'people')
  .replaceAll('google_id', 'demo_id')
  .replaceAll("'google'", "'demo'")
  .replace('"emailVerified" = now()', 'email_verified = true')
  .replace('"emailVerified" is null', 'email_verified is false')

test('who has signed in before is the same account, whatever the address is by now', async () => {
  const table = peopleTable()
  const { sqlite } = table
  sqlite.exec(`
    create table "Account" ("userId" integer not null, "provider" text not null, "providerAccountId" text not null,
      primary key ("provider", "providerAccountId"));
    insert into "Account" values (1, 'demo', 'ann-at-demo'), (2, 'another', 'bob-there'), (2, 'demo', 'bob-at-demo')`)
  const before = ['ann', 'bob', 'cleo'].map((name, at) => ({
    id: at + 1,
    username: name,
    email: `${name}@old.example`,
    hashedPassword: '!',
  }))
  drizzle(sqlite).insert(people).values(before).run()
  sqlite.exec(here)
  expect(sqlite.prepare('select demo_id from people order by id').pluck().all()).toEqual([
    'ann-at-demo',
    'bob-at-demo',
    null,
  ])
  const demo = oidc({ issuer: provider.issuer, ...provider.client, onPrivateNetwork: true })
  const { browser, leave, refused } = oauthWorld({ demo }, { table })
  const signIn = async (sub: string, email: string) => {
    provider.people.set(sub, { email, email_verified: true })
    provider.user = sub
    provider.refuses = false
    const client = browser()
    await client.get(await provider.visit(await leave(client)))
    return { me: await json(await client.get('/me')) }
  }
  expect((await signIn('ann-at-demo', 'ann@new.example')).me).toMatchObject({ user_id: 1 })
  expect((await signIn('bob-at-demo', 'cleo@old.example')).me).toMatchObject({ user_id: 2 })
  // The address of Bob went to somebody else at the provider: that is not Bob.
  const stranger = await signIn('somebody-else', 'bob@old.example')
  expect(stranger.me['user_id']).toBeUndefined()
  expect(refused().map(({ reason }) => reason)).toEqual(['other_identity'])
  // Nobody has proven Cleo's, who has no identity at this provider.
  expect((await signIn('cleo-at-demo', 'cleo@old.example')).me).toMatchObject({ user_id: 3 })
})
