/**
 * A column holds the subjects of one issuer: of which, the storage remembers.
 */
import { memoryStorage } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issuersOf } from '../../src/cli/doctor/issuers.ts'
import type { Browser } from '../support/browser.ts'
import { asBrowser, type OAuthWorld, oauthWorld, peopleTable, told } from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let before: OpenIdProvider
let after: OpenIdProvider
beforeAll(async () => {
  before = await openIdProvider()
  after = await openIdProvider()
})
afterAll(() => Promise.all([before.close(), after.close()]))

const at = ({ issuer, client }: OpenIdProvider) =>
  oidc({ issuer, ...client, onPrivateNetwork: true, label: 'Demo' })

/** One application, at first with one issuer and then with another. */
function twoIssuers() {
  const table = peopleTable()
  const storage = memoryStorage()
  const of = (provider: OpenIdProvider, own = storage) =>
    oauthWorld({ demo: at(provider) }, { table, config: { storage: own } as never })
  return { table, storage, of, first: of(before), later: of(after) }
}

async function come(world: OAuthWorld, client: Browser, provider: OpenIdProvider) {
  provider.user = 'ann'
  provider.people.set('ann', { email: 'ann@example.com', email_verified: true })
  return client.get(await provider.visit(await world.leave(client)), asBrowser)
}

const named = (world: OAuthWorld, name: string) =>
  world.events.filter((event) => event.name === name)

test('the first sign-in records it, once, and the next find it', async () => {
  const { first, of } = twoIssuers()
  const recorded = { provider: 'demo', issuer: before.issuer }
  expect(await first.auth.oauth.issuers()).toEqual([{ ...recorded, recorded: null }])
  const clients = [1, 2, 3].map(() => first.browser())
  await Promise.all(clients.map((client) => come(first, client, before)))
  expect(named(first, 'oauth.issuer_recorded')).toEqual([
    { name: 'oauth.issuer_recorded', ...recorded },
  ])
  expect(await first.auth.oauth.issuers()).toEqual([{ ...recorded, recorded: before.issuer }])
  const again = of(before)
  await come(again, again.browser(), before)
  expect(named(again, 'oauth.issuer_recorded')).toEqual([])
})

test('a storage that keeps none lets nobody in, and nobody wait', async () => {
  const { storage, first } = twoIssuers()
  const add = storage.add.bind(storage)
  storage.add = async (key, ...rest) => !key.includes('oauth-issuer') && add(key, ...rest)
  const client = first.browser()
  const answer = await come(first, client, before)
  expect(answer.headers.get('location')).toContain('error=oauth_failed&reason=unavailable')
  expect((await client.get('/me')).status).toBe(401)
  expect(named(first, 'storage.failed')).not.toEqual([])
})

test('of two processes that look at once, one records it', async () => {
  const { storage, of } = twoIssuers()
  const get = storage.get.bind(storage)
  let looks = 0
  storage.get = async (key) =>
    key.endsWith('oauth-issuer:demo') && ++looks <= 2 ? null : await get(key)
  const worlds = [of(before), of(before)] as const
  for (const world of worlds) {
    expect((await come(world, world.browser(), before)).status).toBe(307)
  }
  const told = worlds.map((world) => named(world, 'oauth.issuer_recorded').length)
  expect(told).toEqual([1, 0])
})

test('somebody of another issuer with the same subject does not get in', async () => {
  const { first, later } = twoIssuers()
  await come(first, first.browser(), before)
  const client = later.browser()
  expect(told(await come(later, client, after))).toMatchObject({
    error: 'oauth_failed',
    reason: 'issuer_changed',
  })
  expect(client.sessionId).toBeUndefined()
  const issuers = { provider: 'demo', issuer: after.issuer, recorded: before.issuer }
  expect(named(later, 'oauth.issuer_changed')).toEqual([
    { name: 'oauth.issuer_changed', ...issuers },
  ])
  expect(await later.auth.oauth.issuers()).toEqual([issuers])
  // With what was configured before, as after a mistake, all is well again.
  expect((await come(first, first.browser(), before)).status).toBe(307)
})

test('nor is a newcomer of it put into the column, nor linked to an account', async () => {
  const { first, later, table } = twoIssuers()
  await come(first, first.browser(), before)
  table.sqlite.exec('update people set demo_id = null')
  const newcomer = later.browser()
  expect(told(await come(later, newcomer, after))).toMatchObject({ reason: 'issuer_changed' })
  const ann = await later.loggedIn(await later.member('bob'))
  const begun = await json(await ann.post('/oauth/demo/link'))
  after.user = 'bob'
  after.people.set('bob', {})
  const back = await ann.get(await after.visit(String(begun['authorization_url'])), asBrowser)
  expect(told(back)).toMatchObject({ reason: 'issuer_changed' })
  expect(later.rows().map(({ demo_id }) => demo_id)).toEqual([null, null])
})

test('what is linked is still listed, and can be taken', async () => {
  const { first, later } = twoIssuers()
  await come(first, first.browser(), before)
  const identities = await later.auth.oauth.identities(1)
  expect(identities).toEqual([{ provider: 'demo', subject: 'ann' }])
  expect(await later.auth.oauth.unlink(1, identities[0] as never)).toBe(true)
})

test('an issuer that was renamed is accepted by the application, once', async () => {
  const { first, later } = twoIssuers()
  await come(first, first.browser(), before)
  await later.auth.oauth.acceptIssuer('demo')
  const client = later.browser()
  expect((await come(later, client, after)).status).toBe(307)
  expect(await json(await client.get('/me'))).toMatchObject({ user_id: 1 })
  // A process that has the earlier one lets nobody in from there.
  const old = first.browser()
  expect(told(await come(first, old, before))).toMatchObject({ reason: 'issuer_changed' })
  await expect(later.auth.oauth.acceptIssuer('nobody')).rejects.toThrow('has no column')
  await expect(later.auth.oauth.acceptIssuer('constructor')).rejects.toThrow('has no column')
})

test('after the storage was emptied nothing is known, and an event says so', async () => {
  const { first, of } = twoIssuers()
  await come(first, first.browser(), before)
  const emptied = of(after, memoryStorage())
  expect((await come(emptied, emptied.browser(), after)).status).toBe(307)
  expect(named(emptied, 'oauth.issuer_recorded')).toHaveLength(1)
})

test('the doctor names a provider whose issuer is another, and says what to do', async () => {
  const { first, later } = twoIssuers()
  expect(await issuersOf([first.auth, 7, null])).toEqual({
    changed: [],
    notes: ['whose people the column of demo holds is not recorded yet'],
  })
  await come(first, first.browser(), before)
  expect(await issuersOf([first.auth])).toEqual({ changed: [], notes: [] })
  expect(await issuersOf([later.auth])).toEqual({
    changed: [expect.stringContaining(`demo is ${after.issuer}, and its column holds the people`)],
    notes: [],
  })
  const broken = memoryStorage()
  broken.get = () => Promise.reject(new Error('away'))
  const { of } = twoIssuers()
  expect(await issuersOf([of(before, broken).auth])).toEqual({
    changed: [],
    notes: ['the storage does not answer: nothing is known of the issuers of providers'],
  })
})
