/**
 * A browser's way to a provider and back, step by step. What it is told on the way is a page to go
 * to; whatever goes wrong becomes a reason, in one place.
 */
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import type { ProviderIdentity } from '../../users/identities.ts'
import { type Answered, type ProviderClient, ProviderFailure } from './client.ts'
import { clientRedirect } from './client-redirects.ts'
import { OAuthRefusal } from './errors.ts'
import type { FlowPurpose, Flows, TakenFlow } from './flows.ts'
import type { OAuthSettings } from './options.ts'
import type { Pages } from './pages.ts'
import type { ProvidedIdentity } from './profile.ts'
import { safeTarget, withParameters } from './redirects.ts'

/** What a provider sends back. */
export interface ReceivedAnswer {
  readonly code?: string | undefined
  readonly state?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
  /** Of Apple, at the first sign-in. */
  readonly user?: string | undefined
}

/** What becomes of somebody who has come back. Returns what is answered. */
export interface Outcome {
  readonly target: string
  /** Shown instead of going there. */
  readonly page?: string
  readonly cookies: readonly string[]
}

export type Finish = (
  exchange: Exchange,
  flow: TakenFlow,
  answered: Answered & { readonly named: ProviderIdentity },
  target: string,
) => Promise<Outcome>

export interface WebSignInParts {
  readonly settings: OAuthSettings
  readonly house: House
  readonly flows: Flows
  readonly clients: ReadonlyMap<string, ProviderClient>
  readonly pages: Pages
  /** By what a flow is for. */
  readonly finish: Readonly<Record<FlowPurpose['kind'], Finish>>
}

/** No provider's code is longer. */
const maxParameter = 8192

export class WebSignIn {
  readonly #parts: WebSignInParts
  /** Whether cookies stay away when another site leads here. */
  readonly #isStrict: boolean

  constructor(parts: WebSignInParts) {
    const { cookies, sessions } = parts.house
    this.#parts = parts
    this.#isStrict = [cookies, sessions?.cookie.attributes].some(
      (policy) => policy?.sameSite === 'strict',
    )
  }

  /**
   * @param purpose That of an application is its own word, and judged here.
   * @throws AuthError `oauth_provider_unknown`, `oauth_redirect_invalid` (400),
   *   `storage_unavailable` (503).
   */
  async begin(
    exchange: Exchange,
    provider: string,
    redirectTo: string | null,
    purpose: FlowPurpose = { kind: 'sign-in' },
  ): Promise<Reply> {
    if (purpose.kind === 'application' && this.#listed(purpose) === null) {
      throw new OAuthRefusal('redirect_invalid', provider).answer()
    }
    try {
      const { location, cookies } = await this.location(exchange, provider, redirectTo, purpose)
      return { status: 307, location, cookies }
    } catch (error) {
      return this.#refused(exchange, provider, error, [], purpose)
    }
  }

  /**
   * Begins a flow; returns where the browser goes.
   *
   * @throws AuthError `oauth_provider_unknown` (400), `storage_unavailable` (503); ProviderFailure.
   */
  async location(
    exchange: Exchange,
    provider: string,
    redirectTo: string | null,
    purpose: FlowPurpose,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<{ location: string; cookies: readonly string[] }> {
    const { flows, settings } = this.#parts
    const client = this.client(provider)
    const safe = safeTarget(redirectTo, settings.redirectOrigins)
    const begun = await flows.begin(exchange, { provider, redirectTo: safe, purpose })
    const redirectUri = this.#redirectUri(provider)
    const location = await client.authorizationUrl(begun.secrets, redirectUri, parameters)
    return { location, cookies: begun.cookies }
  }

  /**
   * Keeps an answer that another site's page posted: no cookie of ours comes with it (and none
   * becomes `SameSite=None` for it). The browser asks again by GET.
   */
  async received(exchange: Exchange, provider: string, answer: ReceivedAnswer): Promise<Reply> {
    this.client(provider)
    const { state = '' } = answer
    const kept = await this.#kept(exchange, provider, answer)
    if (!kept) {
      const refused = await this.#refused(exchange, provider, invalidState(provider), [])
      return 'location' in refused ? { ...refused, status: 303 } : refused
    }
    return { status: 303, location: `${this.#redirectUri(provider)}?state=${state}` }
  }

  /**
   * Begins a flow of somebody who is signed in.
   *
   * @throws AuthError `oauth_provider_unknown` (400), `oauth_failed` (400), `storage_unavailable`
   *   (503).
   */
  async beginFor(
    exchange: Exchange,
    { userId, login }: Principal,
    kind: 'link' | 'confirm',
    provider: string,
    redirectTo: string | null,
  ): Promise<Reply> {
    const purpose = { kind, user: String(userId), login }
    const isOpenId = this.client(provider).provider.idToken !== null
    // Who is to show once more who they are types the password there, and not just comes back.
    const parameters: Record<string, string> =
      kind === 'confirm' && isOpenId ? { prompt: 'login', max_age: '0' } : {}
    try {
      const begun = await this.location(exchange, provider, redirectTo, purpose, parameters)
      return { status: 200, body: { authorization_url: begun.location }, cookies: begun.cookies }
    } catch (error) {
      const refusal = refusalOf(provider, error)
      if (refusal === null || error instanceof AuthError) throw error
      throw refusal.answer()
    }
  }

  async callback(exchange: Exchange, provider: string, answer: ReceivedAnswer): Promise<Reply> {
    this.client(provider)
    const { flows, pages } = this.#parts
    const { state = '' } = answer
    const isAnswer = answer.code !== undefined || answer.error !== undefined
    // A browser that came from elsewhere keeps its strict cookies to itself; from our own page it
    // sends them.
    if (this.#isStrict && isAnswer) {
      if (await this.#kept(exchange, provider, answer)) {
        return { status: 200, html: pages.continuing(exchange, `?state=${state}`) }
      }
    }
    let flow: TakenFlow | null = null
    try {
      flow = await flows.take(exchange, provider, state)
      if (flow === null) throw invalidState(provider)
      const received = flow.received === null ? answer : parsedAnswer(flow.received)
      return await this.#finished(exchange, provider, flow, received)
    } catch (error) {
      const cleared = flow === null ? [] : flows.cleared(state)
      return this.#refused(exchange, provider, error, cleared, flow?.purpose)
    }
  }

  async #finished(
    exchange: Exchange,
    provider: string,
    flow: TakenFlow,
    { code, iss, error, user, state = '' }: ReceivedAnswer,
  ): Promise<Reply> {
    const { flows, finish, pages } = this.#parts
    const client = this.client(provider)
    const parameters = new URLSearchParams({
      state,
      ...(code === undefined ? {} : { code }),
      ...(iss === undefined ? {} : { iss }),
      ...(error === undefined ? {} : { error }),
    })
    const redirect = user === undefined ? {} : { user }
    const redirectUri = this.#redirectUri(provider)
    const answered = await client.answer(parameters, flow.secrets, redirectUri, redirect)
    const named = this.named(provider, answered.identity)
    const target = flow.redirectTo ?? this.#landing()
    const all = { ...answered, named }
    const outcome = await finish[flow.purpose.kind](exchange, flow, all, target)
    const cookies = [...outcome.cookies, ...flows.cleared(state)]
    if (outcome.page !== undefined) return { status: 200, html: outcome.page, cookies }
    // Else the page that follows would not see the session that begins here.
    if (this.#isStrict) {
      return { status: 200, html: pages.continuing(exchange, outcome.target), cookies }
    }
    return { status: 307, location: outcome.target, cookies }
  }

  /** The name of an identity in the port: its issuer is said where there are several. */
  named(provider: string, { issuer, subject }: ProvidedIdentity): ProviderIdentity {
    const { hasManyIssuers } = this.client(provider).provider
    return { provider, subject, ...(hasManyIssuers ? { issuer } : {}) }
  }

  /** The error that a program gets, and that the operator is told of. */
  errorOf(exchange: Exchange, provider: string, error: unknown): unknown {
    const refusal = refusalOf(provider, error)
    if (refusal === null || refusal.reason === 'unavailable') return error
    this.#tell(exchange, refusal)
    return refusal.reason === 'further_proof_required' ? error : refusal.answer()
  }

  #tell(exchange: Exchange, { provider, reason, detail }: OAuthRefusal): void {
    const address = exchange.address?.address ?? null
    this.#parts.house.emit({ name: 'oauth.refused', provider, reason, detail, address })
  }

  /** Sends people to the error page, and gives programs an error. */
  async #refused(
    exchange: Exchange,
    provider: string,
    error: unknown,
    cleared: readonly string[],
    purpose?: FlowPurpose,
  ): Promise<Reply> {
    const refusal = refusalOf(provider, error)
    const application = purpose && this.#listed(purpose)
    const isSeen = Boolean(application) || isNavigation(exchange.request)
    if (refusal === null || (refusal.reason === 'unavailable' && !isSeen)) throw error
    const { reason } = refusal
    this.#tell(exchange, refusal)
    if (application) {
      const { redirectUri, state } = application
      const told = { error: 'oauth_failed', reason, ...(state === null ? {} : { state }) }
      return { status: 307, location: withParameters(redirectUri, told), cookies: cleared }
    }
    const further = error instanceof AuthError ? error : null
    const own = further?.headers['Set-Cookie']
    const cookies = [...cleared, ...(own === undefined ? [] : [own])]
    const wanted = further?.toProblem() as { wanted?: readonly string[] } | undefined
    if (!isSeen && contractErrors.has(reason)) {
      return {
        error: own === undefined ? refusal.answer() : (further ?? refusal.answer()),
        cookies: cleared,
      }
    }
    const location = withParameters(this.#errorPage(), {
      error: 'oauth_failed',
      reason,
      ...(wanted?.wanted ? { wanted: wanted.wanted.join(' ') } : {}),
    })
    return this.#isStrict && own !== undefined
      ? { status: 200, html: this.#parts.pages.continuing(exchange, location), cookies }
      : { status: 307, location, cookies }
  }

  /** That of an application to whose redirect URI somebody may be sent; `null` for all others. */
  #listed(purpose: FlowPurpose): Extract<FlowPurpose, { kind: 'application' }> | null {
    if (purpose.kind !== 'application') return null
    const { clientRedirects } = this.#parts.settings
    return clientRedirect(purpose.redirectUri, clientRedirects) && purpose
  }

  async #kept(exchange: Exchange, provider: string, answer: ReceivedAnswer): Promise<boolean> {
    if (Object.values(answer).some((value) => (value?.length ?? 0) > maxParameter)) return false
    const { state = '' } = answer
    return this.#parts.flows.keep(exchange, provider, state, JSON.stringify(answer))
  }

  /** @throws AuthError `oauth_provider_unknown` (400). */
  client(provider: string): ProviderClient {
    const client = this.#parts.clients.get(provider)
    if (client) return client
    throw new AuthError('oauth_provider_unknown', 'Unknown or unconfigured OAuth provider')
  }

  #redirectUri(provider: string): string {
    return `${this.#parts.settings.redirectBaseUrl.replace(/\/+$/, '')}/oauth/${provider}/callback`
  }

  #landing(): string {
    const { landingPage, redirectBaseUrl } = this.#parts.settings
    return landingPage ?? redirectBaseUrl
  }

  #errorPage(): string {
    return this.#parts.settings.errorPage ?? this.#landing()
  }
}

/** What the Python original answers with an error; everything else it redirects. */
const contractErrors: ReadonlySet<string> = new Set([
  'state_invalid',
  'session_changed',
  'account_exists',
  'other_identity',
  'no_address',
  'no_account',
  'account_unavailable',
  'identity_taken',
  'further_proof_required',
  'not_verified',
])

/** Whether it is a page that somebody looks at, who has no use for JSON. */
function isNavigation({ headers }: Request): boolean {
  return (headers.get('accept') ?? '').includes('text/html')
}

function invalidState(provider: string): OAuthRefusal {
  return new OAuthRefusal('state_invalid', provider)
}

/** Why it came to nothing; `null` for what is an error of its own. */
function refusalOf(provider: string, error: unknown): OAuthRefusal | null {
  if (error instanceof OAuthRefusal) return error
  if (error instanceof ProviderFailure) {
    const { reason, message } = error
    const named = { denied: 'denied', unavailable: 'provider_unavailable' } as const
    const known = reason === 'invalid' ? 'provider_invalid' : named[reason]
    return new OAuthRefusal(known, provider, message)
  }
  if (!(error instanceof AuthError)) return null
  if (error.code === 'further_proof_required' || error.code === 'not_verified') {
    return new OAuthRefusal(error.code, provider)
  }
  if (error.code === 'incorrect_credentials') {
    return new OAuthRefusal('account_unavailable', provider)
  }
  return new OAuthRefusal('unavailable', provider, error.code)
}

function parsedAnswer(text: string): ReceivedAnswer {
  return JSON.parse(text) as ReceivedAnswer
}
