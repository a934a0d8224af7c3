/**
 * A certified OpenID provider on this machine, and a person who uses it: follows its redirects with
 * the cookies that it sets, as a browser would, up to where it leads back to the application.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider'

/** What the provider knows of somebody. */
export interface Person {
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
  readonly given_name?: string
  readonly preferred_username?: string
}

export interface OpenIdProvider {
  readonly issuer: string
  /** Who there is, by subject. A test adds to it. */
  readonly people: Map<string, Person>
  /** Who comes next: without a page that asks. */
  user: string
  /** Whether that person says no. */
  refuses: boolean
  readonly client: { readonly clientId: string; readonly clientSecret: string }
  /** Follows an authorization request until the provider leads back; returns where to. */
  visit(location: string): Promise<string>
  close(): Promise<void>
}

export const redirectBaseUrl = 'https://app.example.com'

export async function openIdProvider(
  names: readonly string[] = ['demo'],
  configuration: Configuration = {},
): Promise<OpenIdProvider> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const client = { clientId: 'shop', clientSecret: 'a secret that the provider knows, too' }
  const people = new Map<string, Person>()
  const state = { user: '', refuses: false }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const hour = 3600
  const provider = new Provider(issuer, {
    // Said, so that it does not warn of its own defaults.
    adapter: inMemory(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    ttl: {
      AccessToken: hour,
      AuthorizationCode: 60,
      Grant: hour,
      IdToken: hour,
      Interaction: hour,
      RefreshToken: hour,
      Session: hour,
    },
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: names.map((name) => `${redirectBaseUrl}/oauth/${name}/callback`),
        grant_types: ['authorization_code', 'refresh_token'],
      },
      // An application on a telephone, or a command line: no secret (RFC 8252 §8.4).
      {
        client_id: 'phone',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['com.example.app:/signed-in', 'http://127.0.0.1/signed-in'],
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'preferred_username'],
    },
    pkce: { required: () => true },
    cookies: { keys: ['a key for tests'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...people.get(sub) }),
    }),
    ...configuration,
  })
  const callback = provider.callback()
  server.on('request', async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    const { prompt, params, session, grantId } = await provider.interactionDetails(
      request,
      response,
    )
    if (state.refuses) {
      const refusal = { error: 'access_denied', error_description: '<b>a text of the provider</b>' }
      return provider.interactionFinished(request, response, refusal)
    }
    if (prompt.name === 'login') {
      const login = { accountId: state.user, remember: false }
      return provider.interactionFinished(request, response, { login })
    }
    const accountId = session?.accountId ?? state.user
    const grant =
      (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
      new provider.Grant({ accountId, clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    const consent = { grantId: await grant.save() }
    return provider.interactionFinished(
      request,
      response,
      { consent },
      { mergeWithLastSubmission: true },
    )
  })
  return {
    issuer,
    people,
    client,
    get user() {
      return state.user
    },
    set user(sub) {
      state.user = sub
    },
    get refuses() {
      return state.refuses
    },
    set refuses(value) {
      state.refuses = value
    },
    visit: (location) => followed(location, issuer),
    close: () => closed(server),
  }
}

/** Follows redirects while they stay at the provider; cookies are kept for the one visit. */
export async function followed(location: string, issuer: string): Promise<string> {
  const jar = new Map<string, string>()
  let url = location
  for (let step = 0; step < 10; step++) {
    if (!url.startsWith(issuer)) return url
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const next = response.headers.get('location')
    if (next === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`)
    url = new URL(next, url).href
  }
  throw new Error('too many redirects')
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}

/** What the provider stores, for as long as it lives. */
function inMemory(): (model: string) => Adapter {
  const stored = new Map<string, AdapterPayload>()
  return (model) => {
    const key = (id: string) => `${model}:${id}`
    const by = (field: 'uid' | 'userCode', value: string) =>
      [...stored].find(([at, one]) => at.startsWith(`${model}:`) && one[field] === value)?.[1]
    return {
      upsert: async (id, payload) => void stored.set(key(id), payload),
      find: async (id) => stored.get(key(id)),
      findByUid: async (uid) => by('uid', uid),
      findByUserCode: async (code) => by('userCode', code),
      destroy: async (id) => void stored.delete(key(id)),
      async consume(id) {
        const found = stored.get(key(id))
        if (found) found.consumed = Math.floor(Date.now() / 1000)
      },
      async revokeByGrantId(grant) {
        for (const [at, { grantId }] of stored) if (grantId === grant) stored.delete(at)
      },
    }
  }
}
