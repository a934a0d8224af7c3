/**
 * A provider that does one thing wrong, as it is told: each answer of it can be another one.
 */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

export interface FaultyProvider {
  readonly issuer: string
  /** What the next ID token says beside the usual; `undefined` leaves a claim out. */
  claims: Record<string, unknown>
  /** What its token endpoint answers beside. */
  more: Record<string, unknown>
  /** Makes the next ID token otherwise. */
  token: ((claims: Record<string, unknown>) => string | Promise<string>) | null
  /** Answers instead, by path. */
  readonly answers: Map<string, Answer>
  /** How often each path was asked. */
  readonly asked: Map<string, number>
  /** The keys that it tells. */
  readonly keys: JWK[]
  /** Its own key, in PEM. */
  readonly publicKey: string
  /** Signs with another key, of this name. */
  rotate(kid: string): Promise<void>
  close(): Promise<void>
}

export async function faultyProvider(): Promise<FaultyProvider> {
  let signing: { kid: string; privateKey: CryptoKey }
  const keys: JWK[] = []
  const rotate = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    signing = { kid, privateKey }
    keys.splice(0, keys.length, { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' })
    return publicKey
  }
  let publicKey = await exportSPKI(await rotate('first'))
  const answers = new Map<string, Answer>()
  const asked = new Map<string, number>()
  const provider: Pick<FaultyProvider, 'claims' | 'more' | 'token'> = {
    claims: {},
    more: {},
    token: null,
  }

  const json = (response: ServerResponse, body: unknown) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const own = answers.get(path)
    if (own) return own(response, request)
    if (path === '/.well-known/openid-configuration') return json(response, metadata)
    if (path === '/keys') return json(response, { keys })
    if (path === '/userinfo') return json(response, { sub: 'somebody' })
    if (path !== '/token') return response.writeHead(404).end()
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: issuer,
      sub: 'somebody',
      aud: 'shop',
      iat: now,
      exp: now + 300,
      email: 'ann@example.com',
      email_verified: true,
      ...provider.claims,
    }
    const id_token = provider.token
      ? await provider.token(claims)
      : await new SignJWT(claims)
          .setProtectedHeader({ alg: 'ES256', kid: signing.kid })
          .sign(signing.privateKey)
    json(response, {
      access_token: 'the access token',
      token_type: 'Bearer',
      id_token,
      ...provider.more,
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/keys`,
    authorization_response_iss_parameter_supported: true,
  }
  return {
    get claims() {
      return provider.claims
    },
    set claims(claims) {
      provider.claims = claims
    },
    get more() {
      return provider.more
    },
    set more(more) {
      provider.more = more
    },
    get token() {
      return provider.token
    },
    set token(token) {
      provider.token = token
    },
    issuer,
    answers,
    asked,
    keys,
    get publicKey() {
      return publicKey
    },
    async rotate(kid: string) {
      publicKey = await exportSPKI(await rotate(kid))
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A token without a signature. */
export function unsigned(claims: Record<string, unknown>, alg = 'none'): string {
  return `${encoded({ alg })}.${encoded(claims)}.`
}

/** A token signed with a text, as with a secret. */
export function signedWith(secret: string, claims: Record<string, unknown>, kid: string): string {
  const text = `${encoded({ alg: 'HS256', kid })}.${encoded(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
