/**
 * What a sign-in ends in where tokens carry it: a family of refresh tokens, and its first two
 * tokens.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import type { EventListener } from '../../events.ts'
import type { Cookie } from '../../http/cookies.ts'
import { storageUnavailable } from '../../storage/outage.ts'
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

export type TokenCarrier = Carrier<TokenOptions, TokenGrant<IssuedTokens>>

export function tokenCarrier(
  { transport, tokens, refreshCookie, refreshCookies }: BearerParts,
  emit: EventListener,
): TokenCarrier {
  const inCookies = transport.settings.refresh === 'cookie'
  return {
    name: transport.name,
    inCookies,

    async issue({ scope, owner, provenAt }, { scopes }) {
      const authTime = provenAt === null ? null : Math.floor(provenAt / 1000)
      const grant = await tokens.issue(scope, owner, scopes, authTime).catch((error: unknown) => {
        throw storageUnavailable('token', error, emit)
      })
      const { refresh_token: refreshToken } = grant.tokens
      return {
        answer: grant,
        cookies: inCookies ? [refreshCookie.set(refreshToken, grant.refreshSeconds)] : [],
        undo: () => refreshCookies.end(scope, refreshToken),
      }
    },

    endOf: (exchange) => refreshCookies.endOf(exchange),
  }
}

/** The same, where the tokens travel in the answer itself: no cookie is set, and none is ended. */
export function withoutCookies(carrier: TokenCarrier): TokenCarrier {
  return {
    ...carrier,
    inCookies: false,
    endOf: async () => [],
    issue: async (issuing, options) => ({
      ...(await carrier.issue(issuing, options)),
      cookies: [],
    }),
  }
}
