/**
 * One configured provider, asked: where to send people, and who came back. The protocol is
 * oauth4webapi's; what is reached, ID tokens, and what counts as a proof are decided here.
 */
import * as oauth from 'oauth4webapi'
import { type VerifiedIdToken, verifiedIdToken } from './id-token.ts'
import { ProviderKeys } from './keys.ts'
import { ProviderMetadata, requestOptions } from './metadata.ts'
import { type OAuthFetch, type Outbound, OutboundError, outbound } from './outbound.ts'
import { identityOf, type ProvidedIdentity } from './profile.ts'
import type { Claims, OAuthProvider, ProviderAnswers } from './provider.ts'

/** What one authorization request is bound to. */
export interface AuthorizationSecrets {
  readonly state: string
  /** RFC 7636 §4.1. Not sent where the provider takes none. */
  readonly verifier: string
  readonly nonce: string
}

/** Tokens of a provider. */
export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  /** Milliseconds since the epoch; `null` where the provider does not say. */
  readonly expiresAt: number | null
  readonly scope: string | null
}

export interface Answered {
  readonly identity: ProvidedIdentity
  readonly tokens: ProviderTokens
  /** When the person gave the password there, in milliseconds; `null` where nobody says. */
  readonly authTime: number | null
}

/** A code that an application got from the provider itself, as it sends it. */
export interface ForeignCode {
  readonly code: string
  readonly redirectUri: string
  readonly verifier: string
  readonly clientId?: string | undefined
  readonly iss?: string | undefined
}

/** A code, and all that it is bound to. */
interface BoundCode {
  readonly clientId: string
  readonly authentication: oauth.ClientAuth
  /** The parameters of the redirect, which oauth4webapi has looked at. */
  readonly checked: URLSearchParams
  readonly verifier: string
  readonly redirectUri: string
  readonly nonces: readonly string[]
  /** What came with it, that counts for nothing but a name. */
  readonly redirect: Readonly<Record<string, string>>
}

/** The provider, or who uses it, said no; or what it said does not count. Repeats nothing of it. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
  /** `denied` for a person who does not want to, after all. */
  readonly reason: 'denied' | 'unavailable' | 'invalid'

  constructor(reason: ProviderFailure['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

export class ProviderClient {
  readonly provider: OAuthProvider
  readonly #metadata: ProviderMetadata
  readonly #keys: ProviderKeys
  readonly #fetch: Outbound
  readonly #clock: () => number
  readonly #client: oauth.Client

  constructor(provider: OAuthProvider, timeoutMs: number, clock: () => number, fetch?: OAuthFetch) {
    const { clientId: client_id, onPrivateNetwork } = provider
    this.provider = provider
    this.#fetch = outbound({ timeoutMs, onPrivateNetwork, fetch })
    this.#metadata = new ProviderMetadata(provider, this.#fetch, clock)
    this.#keys = new ProviderKeys(this.#fetch, clock)
    this.#clock = clock
    this.#client = { client_id, [oauth.clockTolerance]: 30 }
  }

  /** @throws ProviderFailure where the provider's metadata cannot be had. */
  async authorizationUrl(
    { state, verifier, nonce }: AuthorizationSecrets,
    redirectUri: string,
    further: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { provider } = this
    const { authorization_endpoint } = await this.#asked(() => this.#metadata.get())
    const url = new URL(String(authorization_endpoint))
    const parameters: Record<string, string> = {
      client_id: provider.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      state,
      scope: provider.scopes.join(' '),
    }
    if (provider.pkce) {
      parameters['code_challenge'] = await oauth.calculatePKCECodeChallenge(verifier)
      parameters['code_challenge_method'] = 'S256'
    }
    if (provider.idToken?.nonce) parameters['nonce'] = nonce
    if (provider.responseMode === 'form_post') parameters['response_mode'] = 'form_post'
    for (const [name, value] of Object.entries({
      ...parameters,
      ...provider.parameters,
      ...further,
    })) {
      // What is bound to this flow is nobody else's to set.
      url.searchParams.set(name, parameters[name] ?? value)
    }
    return url.href
  }

  /**
   * Exchanges a code, and asks who it is about.
   *
   * @param received The parameters of the redirect back, state included.
   * @param redirect Those that count for nothing but a name.
   * @throws ProviderFailure
   */
  answer(
    received: URLSearchParams,
    { state, verifier, nonce }: AuthorizationSecrets,
    redirectUri: string,
    redirect: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    return this.#asked(async () => {
      const metadata = await this.#metadata.get()
      const checked = oauth.validateAuthResponse(metadata, this.#client, received, state)
      const authentication = await this.#authentication(metadata)
      const { clientId } = this.provider
      const nonces = [nonce]
      const bound = { clientId, authentication, checked, verifier, redirectUri, nonces, redirect }
      return this.#exchange(metadata, bound)
    })
  }

  /**
   * Exchanges a code that an application got itself, for the client of this provider or for one of
   * its `audiences`, which has no secret; and asks who it is about.
   *
   * @param nonces Of which the ID token must carry one.
   * @returns Tokens only where they are the provider's own client's.
   * @throws ProviderFailure
   */
  redeem(
    { code, iss, verifier, redirectUri, clientId = this.provider.clientId }: ForeignCode,
    nonces: readonly string[],
  ): Promise<{ identity: ProvidedIdentity; tokens?: ProviderTokens }> {
    return this.#asked(async () => {
      const { provider } = this
      const isOwn = clientId === provider.clientId
      if (!provider.pkce || provider.idToken?.nonce !== true) {
        throw new ProviderFailure('invalid', 'codes of applications need a challenge and a nonce')
      }
      if (!isOwn && !provider.idToken.audiences.includes(clientId)) {
        throw new ProviderFailure('invalid', 'the client of the code is none of the audiences')
      }
      const metadata = await this.#metadata.get()
      const received = new URLSearchParams({ code, ...(iss === undefined ? {} : { iss }) })
      const client = { ...this.#client, client_id: clientId }
      const checked = oauth.validateAuthResponse(metadata, client, received, oauth.expectNoState)
      const authentication = isOwn ? await this.#authentication(metadata) : oauth.None()
      const bound = { clientId, authentication, checked, verifier, redirectUri, nonces }
      const { identity, tokens } = await this.#exchange(metadata, { ...bound, redirect: {} })
      return { identity, ...(isOwn ? { tokens } : {}) }
    })
  }

  /**
   * Who an ID token speaks of, that an application on a telephone got.
   *
   * @throws ProviderFailure
   */
  identify(token: string, nonces: readonly string[]): Promise<ProvidedIdentity> {
    return this.#asked(async () => {
      const { clientId, idToken } = this.provider
      const audiences = [clientId, ...(idToken?.audiences ?? [])]
      const verified = await this.#verified(await this.#metadata.get(), token, audiences, nonces)
      return this.#identity(verified, null, {}, {})
    })
  }

  /** @throws ProviderFailure; `invalid` where the refresh token is good no more. */
  refresh(refreshToken: string): Promise<ProviderTokens> {
    return this.#asked(async () => {
      const metadata = await this.#metadata.get()
      const authentication = await this.#authentication(metadata)
      const response = await oauth.refreshTokenGrantRequest(
        metadata,
        this.#client,
        authentication,
        refreshToken,
        requestOptions(this.#fetch),
      )
      const { answer } = await this.#tokenAnswer(metadata, response)
      return { ...this.#tokens(answer), refreshToken: answer.refresh_token ?? refreshToken }
    })
  }

  async #exchange(
    metadata: oauth.AuthorizationServer,
    { clientId, authentication, checked, verifier, redirectUri, nonces, redirect }: BoundCode,
  ): Promise<Answered> {
    const { provider } = this
    const response = await oauth.authorizationCodeGrantRequest(
      metadata,
      { ...this.#client, client_id: clientId },
      authentication,
      checked,
      redirectUri,
      provider.pkce ? verifier : oauth.nopkce,
      requestOptions(this.#fetch),
    )
    const { answer, idToken } = await this.#tokenAnswer(metadata, response)
    const { access_token: accessToken } = answer
    let verified: VerifiedIdToken | null = null
    if (provider.idToken) {
      if (idToken === null) throw new ProviderFailure('invalid', 'there is no ID token')
      const wanted = provider.idToken.nonce ? nonces : null
      verified = await this.#verified(metadata, idToken, [clientId], wanted)
    }
    const userInfo = await this.#userInfo(metadata, verified?.claims ?? null, accessToken)
    const further = await this.#further(accessToken)
    const identity = this.#identity(verified, userInfo, further, redirect)
    const at = verified?.claims['auth_time']
    const authTime = typeof at === 'number' ? at * 1000 : null
    return { identity, tokens: this.#tokens(answer), authTime }
  }

  /** Its ID token is taken out: it is verified by itself, and more of it than there. */
  async #tokenAnswer(metadata: oauth.AuthorizationServer, response: Response) {
    const text = await response.text()
    const { status, headers } = response
    const parsed: unknown = status === 200 ? parsedJson(text) : undefined
    if (typeof parsed !== 'object' || parsed === null) {
      const asItCame = new Response(text, { status, headers })
      const answer = await oauth.processGenericTokenEndpointResponse(
        metadata,
        this.#client,
        asItCame,
      )
      return { answer, idToken: null }
    }
    const { id_token, ...rest } = parsed as Record<string, unknown>
    // Twitch writes a list: https://dev.twitch.tv/docs/authentication/getting-tokens-oauth
    if (Array.isArray(rest['scope'])) rest['scope'] = rest['scope'].join(' ')
    const answer = await oauth.processGenericTokenEndpointResponse(
      metadata,
      this.#client,
      new Response(JSON.stringify(rest), { status, headers }),
    )
    return { answer, idToken: typeof id_token === 'string' ? id_token : null }
  }

  #verified(
    { jwks_uri: keysUrl }: oauth.AuthorizationServer,
    token: string,
    audiences: readonly string[],
    nonces: readonly string[] | null,
  ): Promise<VerifiedIdToken> {
    if (keysUrl === undefined) throw new ProviderFailure('invalid', 'there is no key set')
    const wanted = { keysUrl, audiences, nonces, now: this.#clock() }
    return verifiedIdToken(this.provider, this.#keys, token, wanted)
  }

  /** For the same subject, or for nobody (OpenID Connect Core §5.3.2). */
  async #userInfo(
    metadata: oauth.AuthorizationServer,
    claims: Claims | null,
    accessToken: string,
  ): Promise<Claims | null> {
    if (metadata.userinfo_endpoint === undefined || !this.provider.wantsUserInfo(claims))
      return null
    const response = await oauth.userInfoRequest(
      metadata,
      this.#client,
      accessToken,
      requestOptions(this.#fetch),
    )
    const subject = typeof claims?.['sub'] === 'string' ? claims['sub'] : oauth.skipSubjectCheck
    return oauth.processUserInfoResponse(metadata, this.#client, subject, response)
  }

  async #further(accessToken: string): Promise<Record<string, unknown>> {
    const asked = Object.entries(this.provider.further).map(async ([name, { url, ...rest }]) => {
      const response = await this.#fetch(url, {
        headers: {
          accept: 'application/json',
          // GitHub answers nobody without one.
          'user-agent': 'crudauth',
          ...rest.headers,
          authorization: `Bearer ${accessToken}`,
        },
      })
      if (response.status === 200) return [name, parsedJson(await response.text()) ?? null]
      if (rest.isOptional) return [name, null]
      throw new ProviderFailure('invalid', `'${name}' answered ${response.status}`)
    })
    return Object.fromEntries(await Promise.all(asked))
  }

  #identity(
    verified: VerifiedIdToken | null,
    userInfo: Claims | null,
    further: Readonly<Record<string, unknown>>,
    redirect: Readonly<Record<string, string>>,
  ): ProvidedIdentity {
    const answers: ProviderAnswers = {
      idToken: verified?.claims ?? null,
      userInfo,
      further,
      redirect,
    }
    const profile = this.provider.profile(answers)
    // The issuer of a token that was verified, whatever a profile says of it.
    const issuer = verified?.issuer ?? profile?.issuer
    const said = profile && { ...profile, ...(issuer === undefined ? {} : { issuer }) }
    const identity = identityOf(this.provider, said)
    if (identity === null) throw new ProviderFailure('invalid', 'it does not say who it is')
    return identity
  }

  async #authentication(metadata: oauth.AuthorizationServer): Promise<oauth.ClientAuth> {
    const { method, secret } = this.provider.authentication
    const text = typeof secret === 'function' ? await secret(this.#clock()) : secret
    if (text === undefined || method === 'none') return oauth.None()
    const supported = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isBasic = supported.includes('client_secret_basic')
    const chosen = method ?? (isBasic ? 'client_secret_basic' : 'client_secret_post')
    return chosen === 'client_secret_basic'
      ? oauth.ClientSecretBasic(text)
      : oauth.ClientSecretPost(text)
  }

  #tokens(answer: oauth.TokenEndpointResponse): ProviderTokens {
    const { access_token, refresh_token, expires_in, scope } = answer
    return {
      accessToken: access_token,
      refreshToken: refresh_token ?? null,
      expiresAt: expires_in === undefined ? null : this.#clock() + expires_in * 1000,
      scope: scope ?? null,
    }
  }

  /** Whatever fails says what, and repeats nothing that was answered: there may be tokens in it. */
  async #asked<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (error) {
      throw failureOf(error)
    }
  }
}

function failureOf(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (error instanceof OutboundError) return new ProviderFailure('unavailable', error.message)
  const { code, error: said, message } = Object(error) as Record<string, unknown>
  const isToken = typeof said === 'string' && /^[a-z_]{1,40}$/.test(said)
  const text = [code, isToken ? said : undefined, message].filter(Boolean).join(': ').slice(0, 300)
  const isDenied = error instanceof oauth.AuthorizationResponseError && said === 'access_denied'
  return new ProviderFailure(isDenied ? 'denied' : 'invalid', text || 'unknown')
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
