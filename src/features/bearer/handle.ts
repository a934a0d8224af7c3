/**
 * Tokens in the application's own hands: after an exchange of its own, for a test, for a command
 * line.
 */
import type { House } from '../../feature.ts'
import type { UserTypes } from '../../users/store.ts'
import type { TokenCarrier } from './carrier.ts'
import type { IssuedTokens } from './tokens.ts'

/** Tokens that `auth.tokens.issue()` made. */
export interface TokensWithDevice extends IssuedTokens {
  /** To be sent beside the password at the client's next login, which then is known. */
  readonly device_token: string
}

/** What tokens from `auth.tokens.issue()` say. */
export interface IssueOptions {
  /** Default: the transport's default scopes. Clamped as at `POST /token`. */
  scopes?: readonly string[]
  /** The tenant of the user, where there are tenants and no request says which. */
  tenant?: string
  /**
   * When the user proved who they are, where they just did: the `auth_time` of the tokens. Default:
   * none, so that the tokens cannot do what asks for a fresh login.
   */
  authTime?: Date
}

/** Makes tokens without a password: `auth.tokens`. */
export interface TokenAdministration<T extends UserTypes = UserTypes, C = unknown> {
  /**
   * Makes tokens for a user, without a password. Goes through the same sign-in as `POST /token`,
   * with its hook and its event. Both tokens are in what it returns, whichever way `refresh` says;
   * no cookie is set.
   *
   * @param call What stands for the request; `null` where there is none.
   * @param user As from a principal or a hook.
   * @throws RangeError for an `authTime` that is not a moment. AuthError `incorrect_credentials`
   *   (401) for an account that is disabled, or whose credentials ended since `user` was read;
   *   `further_proof_required` (401); `storage_unavailable` (503); and what the hook throws.
   *
   * @example
   * ```ts
   * const { access_token } = await auth.tokens.issue(null, user, { scopes: ['deploy'] })
   * ```
   */
  issue(
    call: C | null,
    user: Readonly<T['user']>,
    options?: IssueOptions,
  ): Promise<TokensWithDevice>
}

export function tokenAdministration(
  carrier: TokenCarrier,
  { calls, signIn }: House,
): TokenAdministration {
  const { withoutCookies } = carrier
  return {
    async issue(call, user, { scopes = [], tenant, authTime } = {}) {
      const exchange = call === null ? null : await calls.exchange(call)
      const scope = tenant === undefined ? (exchange?.scope ?? {}) : { tenant }
      const provenAt = authTime?.getTime() ?? null
      if (Number.isNaN(provenAt)) throw new RangeError('crudauth: authTime is not a moment')
      const proof = { method: 'application', row: user, provenAt } as const
      const place = { exchange, scope }
      const { answer, device } = await signIn.complete(place, proof, withoutCookies, { scopes })
      return { ...answer.tokens, device_token: device.token }
    },
  }
}
