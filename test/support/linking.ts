/**
 * Two providers, accounts with messages beside them, and people who come, link and log in.
 */
import { recovery } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { testInbox } from 'crudauth/testing'
import { expect } from 'vitest'
import type { Browser } from './browser.ts'
import { type OAuthWorld, type OAuthWorldOptions, oauthWorld } from './oauth.ts'
import { type OpenIdProvider, openIdProvider } from './oidc-provider.ts'
import { tokenOf } from './recovery.ts'
import { json } from './world.ts'

export const password = 'correct horse battery'

export const logsIn = async (
  { browser }: Pick<OAuthWorld, 'browser'>,
  username = 'ann',
): Promise<number> => (await browser().post('/login', { username, password })).status

export const at = ({ issuer, client }: OpenIdProvider, more: object = {}) =>
  oidc({ issuer, ...client, onPrivateNetwork: true, label: 'Demo', ...more })

export async function linkingKit() {
  const provider = await openIdProvider()
  const second = await openIdProvider(['other'])

  /** A world with two providers, and messages. */
  function linkingWorld({ others = [], ...options }: OAuthWorldOptions = {}) {
    const inbox = testInbox()
    const messages = recovery({
      channels: [inbox],
      frontendUrl: 'https://app.example.com',
      verifyNewAccounts: false,
    })
    const made = oauthWorld(
      { demo: at(provider), other: at(second) },
      { others: [messages, ...others], ...options },
    )
    return { ...made, inbox }
  }

  /**
   * Comes to a provider as this subject, whose address it calls verified, and goes on from there.
   */
  async function comeAs(
    { leave }: OAuthWorld,
    client: Browser,
    sub: string,
    email: string,
    { isVerified = true, from = provider, name = 'demo' } = {},
  ): Promise<Response> {
    from.people.set(sub, { email, email_verified: isVerified })
    from.user = sub
    return client.get(await from.visit(await leave(client, name)))
  }

  async function linkAs(client: Browser, sub: string, from = provider, name = 'demo') {
    from.user = sub
    if (!from.people.has(sub)) from.people.set(sub, {})
    const begun = await client.post(`/oauth/${name}/link`, { redirect_to: '/settings' })
    const { authorization_url: url } = await json(begun)
    if (typeof url !== 'string') return begun
    return client.get(await from.visit(url))
  }

  const identities = async (client: Browser) =>
    ((await json(await client.get('/oauth/identities'))) as unknown as { provider: string }[]).map(
      (one) => one.provider,
    )

  /** Registered, and verified by a link. */
  async function verified(world: ReturnType<typeof linkingWorld>, name = 'ann') {
    const member = await world.member(name)
    const client = await world.loggedIn(member)
    await client.post('/recovery/verify-request', { email: member.email })
    await world.auth.settled()
    const token = tokenOf(await world.inbox.next({ to: member.email, withinMs: 1 }))
    expect((await client.post('/recovery/verify-confirm', { token })).status).toBe(200)
    return { ...member, client }
  }

  const close = () => Promise.all([provider.close(), second.close()])
  return { provider, second, linkingWorld, comeAs, linkAs, identities, verified, close }
}
