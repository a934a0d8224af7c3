/**
 * Whether the names that somebody wants are free.
 */
import type { Accounts } from './accounts.ts'
import { contactLookups, findEach, loginLookups } from './lookups.ts'
import type { NewAccount } from './new-row.ts'
import type { UserScope } from './store.ts'

/**
 * The fields whose value another account already has; of a login field, in any of the login fields:
 * a username that equals someone's phone number would log in as that person. Addresses are checked
 * too, since older rows may have one as a username.
 *
 * All of them are looked up whatever the others find, so that the cost does not tell.
 */
export async function collisions(
  { store, identity }: Accounts,
  fields: NewAccount['fields'],
  scope: UserScope,
): Promise<readonly string[]> {
  const { login, contact } = identity
  const asked = login.flatMap(({ name, canonical }) => {
    const value = fields[name]
    const spellings = value === undefined ? [] : [value, canonical(value)]
    return spellings.flatMap((typed) =>
      loginLookups(identity, typed).map((lookup) => ({ name, lookup })),
    )
  })
  const value = contact === null ? undefined : fields[contact.name]
  if (contact !== null && value !== undefined) {
    const lookups = contactLookups(identity, value)
    asked.push(...lookups.map((lookup) => ({ name: contact.name, lookup })))
  }
  const lookups = asked.map(({ lookup }) => lookup)
  const rows = await findEach(store, lookups, scope)
  return [...new Set(asked.flatMap(({ name }, n) => (rows[n] === null ? [] : [name])))]
}

/** The first of them, or `null`. */
export async function collision(
  accounts: Accounts,
  fields: NewAccount['fields'],
  scope: UserScope,
): Promise<string | null> {
  const [first] = await collisions(accounts, fields, scope)
  return first ?? null
}
