/**
 * The login whose refresh token a browser sends by itself, in its cookie.
 */
import type { EventListener } from '../../events.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { OriginGuard } from '../../http/origin.ts'
import { storageUnavailable } from '../../storage/outage.ts'
import type { UserScope } from '../../users/store.ts'
import type { RefreshFamilies } from './families.ts'
import type { BearerTokens } from './tokens.ts'

export interface RefreshLoginParts {
  readonly tokens: BearerTokens
  readonly families: RefreshFamilies
  readonly cookie: Cookie
  readonly originAllowed: OriginGuard
  readonly emit: EventListener
}

export class RefreshLogin {
  readonly #parts: RefreshLoginParts

  constructor(parts: RefreshLoginParts) {
    this.#parts = parts
  }

  /**
   * Ends the login in the cookie of a request; returns the cookies that then go.
   *
   * @throws AuthError `cross_origin` (403): a cookie is sent whoever asks. `storage_unavailable` (503).
   */
  async endOf(exchange: Exchange): Promise<readonly string[]> {
    const { cookie, originAllowed } = this.#parts
    const token = exchange.cookie(cookie.name)
    if (token === undefined) return []
    originAllowed(exchange.request)
    await this.end(exchange.scope, token)
    return [cookie.clear()]
  }

  /**
   * Ends the login of a refresh token; whatever else the text is, nothing happens.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async end(scope: UserScope, token: string): Promise<void> {
    const { tokens, families, emit } = this.#parts
    const used = await tokens.readRefresh(scope, token)
    if (!used?.member) return
    await families.revoke(scope, used.id, used.member.family).catch((error: unknown) => {
      throw storageUnavailable('revoke', error, emit)
    })
  }
}
