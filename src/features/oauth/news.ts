/**
 * An account has got an identity, or has lost one: operators are told, and the owner, at the
 * address that is proven. Nothing else would tell of a thief's way in, which outlives every session
 * and every reset.
 */
import { actorOf, type UserId } from '../../events.ts'
import type { House, Place } from '../../feature.ts'
import type { OAuthProvider } from './provider.ts'

export interface IdentityNews {
  readonly kind: 'linked' | 'unlinked'
  /** The name under which the provider is configured. */
  readonly provider: string
  readonly row: object
  readonly actor?: UserId | undefined
}

export type TellNews = (place: Place, news: IdentityNews) => void

export function tellingNews(
  house: House,
  providers: Readonly<Record<string, OAuthProvider>>,
): TellNews {
  return (place, { kind, provider, row, actor }) => {
    const userId = house.accounts.id(row)
    const address = place.exchange?.address?.address ?? null
    house.emit({ name: `identity.${kind}`, userId, provider, address, ...actorOf({ actor }) })
    const label = providers[provider]?.label ?? provider
    house.identityChanged(place, row, { kind, label })
  }
}
