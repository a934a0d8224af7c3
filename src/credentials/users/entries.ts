/**
 * What accounts there are: found, made, proven.
 */
import { AuthError, ConfigurationError, type FieldProblem } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { invalidBody } from '../../http/body.ts'
import type { Accounts } from '../../users/accounts.ts'
import { collision } from '../../users/collisions.ts'
import { fieldRule, likeAddress, namesLikeAddresses } from '../../users/field-rules.ts'
import { collected, reservedProperties } from '../../users/registration.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { WantedAccount } from '../new-accounts.ts'
import type { NewUser, UserAdministration } from './administration.ts'

export function entries(
  house: House,
): Pick<UserAdministration, 'get' | 'find' | 'create' | 'markVerified'> {
  const { accounts, newAccounts, mailboxProof } = house
  const asUser = (row: object | null) => (row === null ? null : accounts.user(row))
  return {
    get: async (userId, scope = {}) => asUser(await accounts.byId(userId, scope)),

    find: async (identifier, scope = {}) =>
      asUser(identifier.isWellFormed() ? await accounts.byIdentifier(identifier, scope) : null),

    async create(user, { actor, ...scope } = {}) {
      const wanted = wantedOf(house, user)
      const place = { exchange: null, scope, actor }
      await newAccounts.judge(wanted)
      const taken = await collision(accounts, wanted.fields, scope)
      if (taken !== null) throw newAccounts.refused(place, taken)
      const prepared = await newAccounts.prepare(place, wanted)
      let row: object
      try {
        row = await newAccounts.insert(place, prepared)
      } catch (error) {
        if (!(error instanceof UniqueViolation)) throw error
        throw newAccounts.refused(place, await collision(accounts, wanted.fields, scope))
      }
      newAccounts.tell(place, row)
      await newAccounts.settle(place, row, null)
      await newAccounts.finish(place, row)
      return accounts.user(row)
    },

    async markVerified(userId, acting = {}) {
      if (accounts.identity.verifiedProperty === null) {
        throw new ConfigurationError([
          "auth.users.markVerified() needs a column that says whether a user's address is proven; map columns: { emailVerified: … }",
        ])
      }
      for (;;) {
        const row = await accounts.byId(userId, acting)
        if (row === null || accounts.recoveryContact(row) === null) return false
        if (accounts.isVerified(row)) return true
        if (await mailboxProof.keep(acting, row, hookContext(null, null), acting.actor)) return true
      }
    },
  }
}

/**
 * What was given, by the same rules as a body of `/register`.
 *
 * @throws AuthError `validation_failed` (422).
 */
function wantedOf(house: House, user: NewUser): WantedAccount {
  const { accounts, passwords } = house
  const { email, username, factors = {}, password = null, hashedPassword } = user
  const given: Readonly<Record<string, unknown>> = {
    ...factors,
    ...(email === undefined ? {} : { email }),
    ...(username === undefined ? {} : { username }),
  }
  const fields: Record<string, string> = {}
  const errors: FieldProblem[] = []
  const { identity } = accounts
  const known = collected(identity)
  for (const name of Object.keys(given)) {
    if (!known.some((field) => field.name === name)) {
      errors.push({ path: name, message: 'Is not a field of the identity.' })
    }
  }
  for (const field of known) {
    const { name } = field
    const typed = given[name]
    if (typed === undefined) {
      // Who has no name of this kind cannot log in by it; the table says whether that may be.
      const column = accounts.store.columns.get(field.property)
      if (
        !column?.nullable &&
        !column?.hasDefault &&
        !Object.hasOwn(user.values ?? {}, field.property)
      )
        errors.push({ path: name, message: 'Is required.' })
      continue
    }
    const judged =
      typeof typed === 'string'
        ? fieldRule(accounts, field).read(typed)
        : { problem: 'Must be text.' }
    if ('value' in judged) fields[name] = judged.value
    else errors.push({ path: name, message: judged.problem })
  }
  for (const name of namesLikeAddresses(Object.keys(fields), fields)) {
    errors.push({ path: name, message: likeAddress })
  }
  if (errors.length === 0 && !identity.login.some(({ name }) => Object.hasOwn(fields, name))) {
    const [first] = identity.login
    errors.push({ path: first?.name ?? '', message: 'Is required: nobody could log in.' })
  }
  if (errors.length > 0) throw new AuthError('validation_failed', invalidBody, { errors })
  if (hashedPassword !== undefined) {
    if (password !== null) {
      throw new TypeError('crudauth: a new user has a password or a hash, not both')
    }
    if (!passwords.knows(hashedPassword)) {
      throw new TypeError(
        'crudauth: hashedPassword is in no format that is configured; write passwords: { adopt: [ … ] } with that of the other system, from crudauth/hashes',
      )
    }
  }
  return {
    fields,
    password,
    hashedPassword,
    source: 'application',
    extra: {},
    values: ownValues(accounts, user.values ?? {}),
    data: null,
    isProven: user.verified,
    isSuperuser: user.superuser,
    isActive: user.active,
  }
}

/** @throws TypeError for a column that means something to the library, or that is not there. */
export function ownValues(accounts: Accounts, values: object): Readonly<Record<string, unknown>> {
  const { store, identity } = accounts
  const reserved = new Set(reservedProperties(store, identity))
  if (identity.contact) reserved.delete(identity.contact.property)
  for (const property of Object.keys(values)) {
    if (!store.columns.has(property)) {
      throw new TypeError(`crudauth: '${property}' is not a column of the users table`)
    }
    if (reserved.has(property)) {
      throw new TypeError(
        `crudauth: '${property}' is a column that only the library writes; give it as a field of the new user, such as email, superuser or verified`,
      )
    }
  }
  return values as Readonly<Record<string, unknown>>
}
