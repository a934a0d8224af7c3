/**
 * Refresh tokens that a browser sends by itself, in a cookie.
 *
 * Browsers that logged in to the Python original have it under the bare name, where ours has a
 * prefix. A neighbouring host can plant a cookie of the bare name and none of ours, so the bare one
 * is read only where ours is absent, and for tokens that the original made.
 */
import type { EventListener } from '../../events.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { OriginGuard } from '../../http/origin.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'
import type { RefreshFamilies, RefreshToken } from './families.ts'
import { type BearerTokens, loginOfToken } from './tokens.ts'

export interface RefreshCookieParts {
  readonly tokens: BearerTokens
  readonly families: RefreshFamilies
  readonly cookie: Cookie
  /** The same cookie under its bare name; `null` where it is not read. */
  readonly originalCookie: Cookie | null
  readonly originAllowed: OriginGuard
  readonly emit: EventListener
  readonly accounts: Accounts
}

/** Refresh tokens that came in a cookie. */
export interface CookieTokens {
  readonly cookie: Cookie
  /** At least one, as text. Of several, a neighbouring host may have planted one. */
  readonly texts: readonly string[]
}

export class RefreshCookies {
  readonly #parts: RefreshCookieParts

  constructor(parts: RefreshCookieParts) {
    this.#parts = parts
  }

  /** The names of the cookies from which a refresh token is taken, in order of precedence. */
  get cookieNames(): readonly string[] {
    return this.#cookies.map(({ name }) => name)
  }

  /** What a request has in its cookies, that which takes precedence first. */
  inCookies(exchange: Exchange): readonly CookieTokens[] {
    return this.#cookies.flatMap((cookie) => {
      const texts = exchange.cookies(cookie.name).filter((text) => text !== '')
      return texts.length === 0 ? [] : [{ cookie, texts }]
    })
  }

  /** The refresh token in a cookie that carries one: ours, and such as belongs there; or `null`. */
  async read(
    scope: UserScope,
    { cookie, texts: [text, second] }: CookieTokens,
  ): Promise<RefreshToken | null> {
    const { tokens, originalCookie } = this.#parts
    if (text === undefined || second !== undefined) return null
    const token = await tokens.readRefresh(scope, text)
    // Ours goes into the cookie with the prefix: somebody else put it here.
    return cookie === originalCookie && token?.member ? null : token
  }

  /**
   * Ends the logins in the cookies of a request; returns the cookies that then go.
   *
   * @throws AuthError `cross_origin` (403), since browsers send cookies with requests of other
   *   sites too; `storage_unavailable` (503).
   */
  async endOf(exchange: Exchange): Promise<readonly string[]> {
    const found = this.inCookies(exchange)
    if (found.length === 0) return []
    this.#parts.originAllowed(exchange.request)
    const texts = found.flatMap((one) => one.texts)
    const address = exchange.address?.address ?? null
    await Promise.all(texts.map((text) => this.end(exchange.scope, text, 'logout', address)))
    return found.map(({ cookie }) => cookie.clear())
  }

  /**
   * Ends the login of a refresh token. Does nothing for any other text.
   *
   * @param reason For the event; `null` for a login that nobody was told of.
   * @param address For the event.
   * @throws AuthError `storage_unavailable` (503).
   */
  async end(
    scope: UserScope,
    text: string,
    reason: 'logout' | 'revoked' | null = null,
    address: string | null = null,
  ): Promise<void> {
    const { tokens, families, emit, accounts } = this.#parts
    const token = await tokens.readRefresh(scope, text)
    if (token === null) return
    const isEnded = await orUnavailable('revoke', emit, families.end(scope, token))
    const userId = accounts.parseId(token.id)
    if (reason === null || !isEnded || userId === null) return
    const login = loginOfToken(token)
    emit({ name: 'login.ended', reason, userId, transport: 'bearer', login, address })
  }

  get #cookies(): readonly Cookie[] {
    const { cookie, originalCookie } = this.#parts
    return originalCookie ? [cookie, originalCookie] : [cookie]
  }
}
