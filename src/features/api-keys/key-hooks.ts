/**
 * The hooks around API keys, for the routes and for `auth.apiKeys` alike.
 */
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { UserScope } from '../../users/store.ts'
import type { ApiKeyInfo, ApiKeys } from './keys.ts'

export interface KeyPlace {
  /** `null` where no request asked. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
}

export function keyHooks(keys: ApiKeys, { accounts, runHook }: House) {
  const contextOf = ({ exchange }: KeyPlace, apiKeyId: string) => ({
    ...hookContext(exchange, exchange === null ? null : 'session'),
    apiKeyId,
  })
  return {
    /** A key that the hook refuses ends, and is not told. */
    async created(place: KeyPlace, user: object, { id }: ApiKeyInfo): Promise<void> {
      try {
        await runHook('afterApiKeyCreated', accounts.user(user), contextOf(place, id))
      } catch (error) {
        const address = place.exchange?.address?.address ?? null
        await keys.revoke(place.scope, accounts.id(user), id, { address })
        throw error
      }
    },

    async revoked(place: KeyPlace, user: object, id: string): Promise<void> {
      await runHook('afterApiKeyRevoked', accounts.user(user), contextOf(place, id))
    },
  }
}
