/**
 * Demo ID: an OpenID provider on this machine, so that signing in with one can be tried without an
 * account anywhere. Its page asks who one is, and believes it. In its place stand Google and
 * others.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider'

/** Whom there is to be, by subject. */
const people: Readonly<Record<string, { name: string; email: string; email_verified: boolean }>> = {
  'demo-ann': { name: 'Ann Demo', email: 'ann@demo.example', email_verified: true },
  'demo-bob': { name: 'Bob Demo', email: 'bob@demo.example', email_verified: false },
}

export interface DemoId {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  close(): void
}

/** Starts it on a port of its own, for an application at this address. */
export async function startDemoId(url: string): Promise<DemoId> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, 'localhost', done))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const [clientId, clientSecret] = ['members', randomBytes(32).toString('base64url')]
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    adapter: inMemory(),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${url}/oauth/demo/callback`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/who/${uid}` },
    findAccount: (_, sub) =>
      people[sub] ? { accountId: sub, claims: () => ({ sub, ...people[sub] }) } : undefined,
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
  })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    const { pathname = '', searchParams } = new URL(request.url ?? '/', issuer)
    if (!pathname.startsWith('/who/')) return answer(request, response)
    try {
      const { prompt, params, session, grantId } = await provider.interactionDetails(
        request,
        response,
      )
      const chosen = searchParams.get('as')
      if (prompt.name === 'login' && chosen === null) {
        response.setHeader('content-type', 'text/html; charset=utf-8')
        return response.end(whoPage(pathname))
      }
      if (prompt.name === 'login') {
        const known = chosen !== null && people[chosen] !== undefined
        const result = known
          ? { login: { accountId: chosen, remember: false } }
          : { error: 'access_denied' }
        return await provider.interactionFinished(request, response, result)
      }
      const grant =
        (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
        new provider.Grant({ accountId: session?.accountId ?? '', clientId })
      grant.addOIDCScope(String(params['scope']))
      const consent = { grantId: await grant.save() }
      const options = { mergeWithLastSubmission: true }
      await provider.interactionFinished(request, response, { consent }, options)
    } catch {
      response.writeHead(400).end('Begin again at the application.')
    }
  })
  return { issuer, clientId, clientSecret, close: () => server.close() }
}

/** What it remembers: until it is stopped. */
function inMemory(): (model: string) => Adapter {
  const stored = new Map<string, AdapterPayload>()
  return (model) => ({
    upsert: async (id, payload) => void stored.set(`${model}:${id}`, payload),
    find: async (id) => stored.get(`${model}:${id}`),
    findByUid: async (uid) =>
      [...stored].find(([key, one]) => key.startsWith(`${model}:`) && one.uid === uid)?.[1],
    findByUserCode: async () => undefined,
    destroy: async (id) => void stored.delete(`${model}:${id}`),
    async consume(id) {
      const found = stored.get(`${model}:${id}`)
      if (found) found.consumed = Math.floor(Date.now() / 1000)
    },
    async revokeByGrantId(grant) {
      for (const [key, { grantId }] of stored) if (grantId === grant) stored.delete(key)
    },
  })
}

function whoPage(path: string): string {
  const links = Object.entries(people).map(
    ([sub, { name, email, email_verified: verified }]) =>
      `<p><a href="${path}?as=${sub}">${name}</a> <small>${email}, ${verified ? '' : 'not '}verified</small></p>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Demo ID</title>
<style>:root{color-scheme:light dark;font:1.1rem/1.6 system-ui}body{max-width:26rem;margin:15vh auto;padding:0 1rem}small{opacity:.7}</style>
<h1>Demo ID</h1><p>Who are you?</p>${links.join('\n')}<p><a href="${path}?as=nobody">Nobody: go back</a></p></html>`
}
