/**
 * Everything by which somebody gets in to an account: listed, and ended one by one.
 */
import type { CredentialSource, House } from '../../feature.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import type { CredentialInfo, UserAdministration } from './administration.ts'

export function credentialAdministration(
  { accounts }: House,
  sources: readonly CredentialSource[],
  dropPassword: UserAdministration['dropPassword'],
): Pick<UserAdministration, 'credentials' | 'endCredential'> {
  return {
    async credentials(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      if (row === null) return []
      const listed = await Promise.all(
        sources.map(async ({ kind, list }) =>
          (await list(scope, row)).map((one): CredentialInfo => ({ ...unknown, kind, ...one })),
        ),
      )
      const hasPassword = !isUnusable(accounts.verifiableHash(row))
      return [...(hasPassword ? [{ ...unknown, ...password }] : []), ...listed.flat()]
    },

    async endCredential(userId, { kind, id }, acting = {}) {
      if (kind === password.kind) {
        return id === password.id && dropPassword(userId, acting)
      }
      const source = sources.find((one) => one.kind === kind)
      const row = source && (await accounts.byId(userId, acting))
      return source && row ? source.end(acting, row, id, acting.actor) : false
    },
  }
}

const password = { kind: 'password', id: 'password' } as const

const unknown = { label: null, createdAt: null, lastUsedAt: null, expiresAt: null } as const
