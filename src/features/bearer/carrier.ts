/**
 * What a sign-in ends in where tokens carry it: a family of refresh tokens, and its first two
 * tokens.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import type { EventListener } from '../../events.ts'
import type { Cookie } from '../../http/cookies.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { RefreshFamilies } from './families.ts'
import type { RefreshCookies } from './refresh-cookies.ts'
import type { BearerTokens, IssuedTokens, TokenGrant } from './tokens.ts'
import type { BearerTransport } from './transport.ts'

export interface BearerParts {
  readonly transport: BearerTransport
  readonly tokens: BearerTokens
  readonly families: RefreshFamilies
  readonly refreshCookie: Cookie
  readonly refreshCookies: RefreshCookies
}

export interface TokenOptions {
  readonly scopes: readonly string[]
}

type TokensCarrier = Carrier<TokenOptions, TokenGrant<IssuedTokens>>

export type TokenCarrier = TokensCarrier & Required<Pick<TokensCarrier, 'withoutCookies'>>

export function tokenCarrier(parts: BearerParts, emit: EventListener): TokenCarrier {
  const { transport, tokens, refreshCookie, refreshCookies } = parts
  const inCookies = transport.settings.refresh === 'cookie'

  const issue: TokenCarrier['issue'] = async ({ scope, owner, provenAt }, { scopes }) => {
    const authTime = provenAt === null ? null : Math.floor(provenAt / 1000)
    const issuing = tokens.issue(scope, owner, scopes, authTime)
    const grant = await orUnavailable('token', emit, issuing)
    const { refresh_token: refreshToken } = grant.tokens
    return {
      answer: grant,
      login: grant.login,
      cookies: inCookies ? [refreshCookie.set(refreshToken, grant.refreshSeconds)] : [],
      undo: () => refreshCookies.end(scope, refreshToken),
    }
  }

  return {
    name: transport.name,
    inCookies,
    usualOptions: { scopes: [] },
    issue,
    body: (_row, grant) => wireTokens(parts, grant),
    endOf: (exchange) => refreshCookies.endOf(exchange),
    withoutCookies: {
      name: transport.name,
      inCookies: false,
      usualOptions: { scopes: [] },
      issue: async (issuing, options) => ({ ...(await issue(issuing, options)), cookies: [] }),
      body: (_row, { tokens: all }) => all,
      endOf: async () => [],
    },
  }
}

/** Tokens as an answer has them: the refresh token is left out where it goes into its cookie. */
export function wireTokens({ transport }: BearerParts, { tokens }: TokenGrant): object {
  if (transport.settings.refresh === 'body' || !('refresh_token' in tokens)) return tokens
  const { refresh_token: _inCookie, ...rest } = tokens
  return rest
}
