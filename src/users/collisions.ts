/**
 * Whether a name that somebody wants is free.
 */
import type { Accounts } from './accounts.ts'
import type { NewAccount } from './new-row.ts'
import type { UserScope } from './store.ts'

type Fields = NewAccount['fields']

/**
 * The first field whose value another account already has; of a login field, in any of the login
 * fields: a username that equals someone's phone number would log in as that person. Addresses are
 * checked too, since older rows may have one as a username.
 */
export async function collision(
  accounts: Accounts,
  fields: Fields,
  scope: UserScope,
): Promise<string | null> {
  const { login, contact } = accounts.identity
  for (const { name, canonical } of login) {
    const value = fields[name]
    if (value === undefined) continue
    for (const typed of new Set([value, canonical(value)])) {
      if (await accounts.byIdentifier(typed, scope)) return name
    }
  }
  const value = contact === null ? undefined : fields[contact.name]
  if (contact === null || value === undefined) return null
  return (await accounts.byRecoveryContact(value, scope)) === null ? null : contact.name
}

/** The same for every field, whatever the others find, so that the cost does not tell. */
export async function collisions(
  accounts: Accounts,
  fields: Fields,
  scope: UserScope,
): Promise<readonly string[]> {
  const { login, contact } = accounts.identity
  const found = login.flatMap(({ name, canonical }) => {
    const value = fields[name]
    const spellings = value === undefined ? [] : [...new Set([value, canonical(value)])]
    return spellings.map((typed) => [name, accounts.byIdentifier(typed, scope)] as const)
  })
  const value = contact === null ? undefined : fields[contact.name]
  if (contact !== null && value !== undefined) {
    found.push([contact.name, accounts.byRecoveryContact(value, scope)])
  }
  const rows = await Promise.all(found.map(async ([name, row]) => [name, await row] as const))
  return rows.flatMap(([name, row]) => (row === null ? [] : [name]))
}
