/**
 * `auth.users`, put together.
 */
import type { CredentialSource, House } from '../../feature.ts'
import type { UserAdministration } from './administration.ts'
import { credentialAdministration } from './credentials.ts'
import { entries } from './entries.ts'
import { passwordAdministration } from './passwords.ts'
import { standing } from './standing.ts'

export function userAdministration(
  house: House,
  sources: readonly CredentialSource[],
): UserAdministration {
  const passwords = passwordAdministration(house)
  return {
    ...entries(house),
    ...passwords,
    ...credentialAdministration(house, sources, passwords.dropPassword),
    ...standing(house),
  }
}
