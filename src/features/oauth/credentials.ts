/**
 * The identities of an account at providers, among all that gives somebody in.
 */
import type { CredentialSource, House } from '../../feature.ts'
import type { Links } from './links.ts'

export function identityCredentials(links: Links, { accounts }: House): CredentialSource {
  return {
    kind: 'identity',

    async list(scope, row) {
      const found = await links.list(scope, accounts.id(row))
      return found.map(({ id, identity }) => ({ id, label: identity.provider }))
    },

    async end(scope, row, id, actor) {
      const userId = accounts.id(row)
      const found = (await links.list(scope, userId)).find((one) => one.id === id)
      return (
        found !== undefined && links.take({ exchange: null, scope }, userId, found.identity, actor)
      )
    },
  }
}
