/**
 * The command line of the documentation, run as it is printed, against a server over HTTP.
 */
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { bearer, session } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Samples, samplesOf } from '../support/documented-samples.ts'
import { oauthWorld } from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let provider: OpenIdProvider
let samples: Samples
beforeAll(async () => {
  provider = await openIdProvider()
  samples = samplesOf('oauth.md')
})
afterAll(async () => {
  samples.close()
  await provider.close()
})

interface CommandLine {
  signIn(
    server: string,
    name: string,
    open: (url: string) => unknown,
  ): Promise<{ access_token: string }>
}

async function setUp() {
  const { issuer, client } = provider
  provider.user = 'ann'
  provider.people.set('ann', { email: 'ann@example.com', email_verified: true })
  const world = oauthWorld(
    { demo: oidc({ issuer, ...client, onPrivateNetwork: true }) },
    {
      clientRedirects: ['http://127.0.0.1/signed-in'],
      config: { transports: [session(), bearer()] } as never,
    },
  )
  const server = createAdaptorServer({ fetch: world.app.fetch })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  /** What a person does whom the command line shows an address. */
  const person = async (url: string) => {
    const browser = world.browser()
    const begun = await browser.get(url.replace(address, 'https://app.example.com'))
    const back = await provider.visit(begun.headers.get('location') ?? '')
    const page = await (await browser.get(back)).text()
    const [, link = ''] = /<a href="([^"]*)"/.exec(page) ?? []
    const target = link.replaceAll('&amp;', '&')
    // Another program asks before.
    expect((await fetch(new URL('/signed-in?code=x&state=y', target))).status).toBe(404)
    expect(await (await fetch(target)).text()).toBe('Go back to the command line.')
  }
  return { world, server, address, person }
}

test('the command line of the documentation signs somebody in', async () => {
  const { world, server, address, person } = await setUp()
  const { signIn } = await samples.load<CommandLine>('export async function signIn(server')
  try {
    const { access_token } = await signIn(address, 'demo', person)
    const headers = { authorization: `Bearer ${access_token}` }
    expect(await json(await world.browser().get('/me', { headers }))).toMatchObject({
      email: 'ann@example.com',
    })
  } finally {
    server.close()
  }
})
