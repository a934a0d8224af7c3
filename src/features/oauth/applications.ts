/**
 * The sign-in of an application, in the browser of its system: there as everybody goes, and back
 * to the application with a code of ours, which it redeems for tokens (RFC 8252).
 *
 * So an application holds no secret and meets no provider, and whatever providers want is done on
 * the server. Its code is worth nothing without the verifier that the application kept; and before
 * a code goes to where anybody may listen, the person is asked.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Arrivals } from './arrivals.ts'
import { clientRedirect } from './client-redirects.ts'
import type { ClientCodes } from './codes.ts'
import { OAuthRefusal } from './errors.ts'
import type { OAuthSettings } from './options.ts'
import type { Pages } from './pages.ts'
import type { ProviderTokenStore } from './provider-tokens.ts'
import { withParameters } from './redirects.ts'
import type { Finish, WebSignIn } from './web-sign-in.ts'

/** How long a code is good for, where the browser brings it at once. Seconds. */
const codeSeconds = 60

/** The same, where a person reads a page first. */
const askedSeconds = 300

/** What an application sends to redeem a code. */
export interface SentApplicationCode {
  readonly code: string
  readonly code_verifier: string
  readonly redirect_uri: string
  readonly device_token?: string | undefined
}

export interface ApplicationParts {
  readonly settings: OAuthSettings
  readonly house: House
  readonly arrivals: Arrivals
  readonly codes: ClientCodes
  readonly pages: Pages
  /** `null` where no tokens are kept. */
  readonly kept: ProviderTokenStore | null
}

/** Ends the way of the browser: signs nobody in there. */
export function toApplication(parts: ApplicationParts): Finish {
  const { settings, house, arrivals, codes, pages, kept } = parts
  return async (exchange, { provider, purpose }, { identity, named, tokens }) => {
    const listed =
      purpose.kind === 'application'
        ? clientRedirect(purpose.redirectUri, settings.clientRedirects)
        : null
    if (purpose.kind !== 'application' || listed === null) {
      throw new OAuthRefusal('redirect_invalid', provider)
    }
    const { challenge, state, redirectUri } = purpose
    const row = await arrivals.accountOf(exchange, provider, identity, named)
    const carries = kept?.carried(exchange.scope, house.accounts.id(row), named, tokens)
    const seconds = listed.isAssured ? codeSeconds : askedSeconds
    const provenAt = house.clock()
    const stands = { row, challenge, provenAt, redirectUri, provider, carries }
    const code = await codes.issue(exchange, stands, seconds)
    const target = withParameters(redirectUri, { code, ...(state === null ? {} : { state }) })
    if (listed.isAssured) return { target, cookies: [] }
    const { label = provider } = settings.providers[provider] ?? {}
    const page = pages.asking(exchange, { target, who: listed.who, provider: label })
    return { target, cookies: [], page }
  }
}

export class ApplicationSignIn {
  readonly #parts: Pick<ApplicationParts, 'house' | 'codes'>
  readonly #web: WebSignIn
  readonly #carrier: Carrier

  constructor(parts: Pick<ApplicationParts, 'house' | 'codes'>, web: WebSignIn, carrier: Carrier) {
    this.#parts = parts
    this.#web = web
    this.#carrier = carrier
  }

  /**
   * @throws AuthError `oauth_code_invalid`, `oauth_account_unavailable` (400); what a sign-in
   *   throws.
   */
  async redeem(exchange: Exchange, sent: SentApplicationCode): Promise<Reply> {
    const { house, codes } = this.#parts
    const { code, code_verifier: verifier, redirect_uri: redirectUri } = sent
    const found = await codes.redeem(exchange, { code, verifier, redirectUri })
    const provider = found?.provider ?? ''
    try {
      if (found === null) throw new OAuthRefusal('code_invalid', provider)
      const { row, provenAt, carries } = found
      const { device_token: deviceToken } = sent
      const place = {
        exchange,
        scope: exchange.scope,
        ...(deviceToken === undefined ? {} : { deviceToken }),
      }
      const proof = { method: 'provider', row, provenAt, carries } as const
      const { usualOptions } = this.#carrier
      const { body } = await house.signIn.complete(place, proof, this.#carrier, usualOptions)
      return { status: 200, body }
    } catch (error) {
      throw this.#web.errorOf(exchange, provider, error)
    }
  }
}
