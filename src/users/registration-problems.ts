/**
 * What is wrong with registration options over a table: told at the start, not at the first
 * registration.
 */
import { suggestion } from '../options/nearest.ts'
import type { Identity } from './identity.ts'
import {
  collected,
  type RegistrationSettings,
  reservedProperties,
  wireName,
} from './registration.ts'
import { namesReturned, namesTaken } from './schema-names.ts'
import { logicalFields, type UserStore } from './store.ts'

/**
 * The same, and columns that are named like one of our fields but mapped to none: clients may not
 * write these either.
 */
function closedProperties(store: UserStore, identity: Identity): ReadonlySet<string> {
  const closed = new Set(reservedProperties(store, identity))
  // Whoever could write one would log in as the account of somebody at a provider.
  for (const property of Object.values(store.identities ?? {})) closed.add(property)
  for (const field of logicalFields) closed.add(field).add(wireName(field))
  return closed
}

/** What is wrong with registration options over this table, one sentence each. */
export function registrationProblems(
  store: UserStore,
  identity: Identity,
  options: RegistrationSettings,
): string[] {
  const closed = closedProperties(store, identity)
  const ours = new Set(reservedProperties(store, identity))
  // The application may fill what nobody logs in with; it is stored unproven.
  if (identity.contact) ours.delete(identity.contact.property)
  const identities = Object.entries(store.identities ?? {})
  const judge = (option: string, property: string, reserved: ReadonlySet<string>): string[] => {
    if (reserved.has(property)) {
      const [field] = identities.find(([, one]) => one === property) ?? []
      const otherwise =
        field === undefined
          ? ''
          : `, or write columns: { ${field}: null } if it does not say who somebody is at a provider`
      return [
        `${option} names '${property}', which only the library writes; leave it out${otherwise}`,
      ]
    }
    if (store.columns.has(property)) return []
    const own = [...store.columns.keys()].filter((one) => !reserved.has(one))
    return [
      `${option} names '${property}', which is not a column of the users table;${suggestion(property, own)} it may name: ${own.join(', ') || 'nothing'}`,
    ]
  }
  const { extraFields, schema, newUserDefaults } = options
  const sent = new Set(['password', ...collected(identity).map(({ name }) => name)])
  const problems = [
    ...extraFields.flatMap((property) =>
      judge('registration.extraFields', String(property), closed),
    ),
    ...extraFields.flatMap((property) => {
      const name = [String(property), wireName(String(property))].find((one) => sent.has(one))
      if (name === undefined || closed.has(property)) return []
      return [
        `registration.extraFields names '${String(property)}', but '${name}' in a body of /register is another thing, which would be stored there; fill that column with newUserFields, or leave it out`,
      ]
    }),
    ...Object.keys(newUserDefaults).flatMap((property) =>
      judge('registration.newUserDefaults', property, ours),
    ),
  ]
  if (schema === undefined) {
    for (const property of extraFields) {
      const type = store.columns.get(String(property))?.type
      if (type !== 'other' && type !== 'bigint') continue
      problems.push(
        `registration.extraFields names '${String(property)}', whose type does not say what to accept; say it with registration.schema`,
      )
    }
  }
  const returned = schema === undefined ? null : namesReturned(schema)
  if (returned !== null && options.mode === 'open') {
    const needed = ['password', ...identity.login.map(({ name }) => name)]
    const lacking = needed.filter((name) => !returned.has(name)).map((name) => `'${name}'`)
    if (lacking.length > 0) {
      problems.push(
        `registration.schema returns no ${lacking.join(', ')}, so that every registration would fail; add ${lacking.length > 1 ? 'them' : 'it'} to the schema`,
      )
    }
  }
  if (options.mode === 'invited' && identity.recovery === null) {
    problems.push(
      "registration.mode is 'invited', but nobody can be reached who is invited; write identity: { recovery: 'email' }, with a unique column for it",
    )
  }
  if (options.mode === 'closed') {
    const [idle] = [
      ...(extraFields.length > 0 ? ['extraFields'] : []),
      ...(schema ? ['schema'] : []),
    ]
    if (idle !== undefined) {
      problems.push(
        `registration.${idle} is for bodies of /register, which is not mounted under mode: 'closed'; leave it out, or write another mode`,
      )
    }
    // The application gives the values of each account that it makes.
    return problems
  }
  return [...problems, ...unfilled(store, identity, options)]
}

/**
 * What a schema of the application's takes and no row gets from it, one sentence each: told at the
 * start, since a form that sends it would seem to work.
 */
export function idleSchemaNames(
  store: UserStore,
  identity: Identity,
  { schema, extraFields }: RegistrationSettings,
): string[] {
  const taken = schema === undefined ? null : namesTaken(schema)
  if (taken === null) return []
  const closed = closedProperties(store, identity)
  const fields = new Set(['password', ...collected(identity).map(({ name }) => name)])
  const properties = new Map<string, string>()
  for (const property of [...closed, ...store.columns.keys()]) {
    properties.set(property, property).set(wireName(property), property)
  }
  const idle = [...taken].filter((name) => {
    const property = properties.get(name)
    return !fields.has(name) && property !== undefined && !extraFields.includes(property)
  })
  const listed = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')
  const isPrivileged = (name: string) => closed.has(properties.get(name) ?? name)
  const privileged = idle.filter(isPrivileged)
  const unlisted = idle.filter((name) => !isPrivileged(name))
  return [
    ...(privileged.length === 0
      ? []
      : [
          `registration.schema takes a privileged field, which only the library writes: ${listed(privileged)}; what is sent for it is dropped, so leave it out of the schema`,
        ]),
    ...(unlisted.length === 0
      ? []
      : [
          `registration.schema takes ${listed(unlisted)}, and will drop what is sent: name the columns in registration.extraFields, or leave them out of the schema`,
        ]),
  ]
}

/** Required columns that nothing fills, so that every registration would fail. */
function unfilled(store: UserStore, identity: Identity, options: RegistrationSettings): string[] {
  const { map } = store
  const ours = new Set<string | undefined>([
    ...collected(identity).map(({ property }) => property),
    ...[map.hashedPassword, map.isActive, map.isSuperuser, map.emailVerified, map.tokenVersion],
    identity.verifiedProperty ?? undefined,
  ])
  const reserved = reservedProperties(store, identity)
  const filled = new Set<string>([...options.extraFields, ...Object.keys(options.newUserDefaults)])
  return [...store.columns.values()].flatMap(({ property, nullable, hasDefault }) => {
    if (nullable || hasDefault || ours.has(property) || filled.has(property)) return []
    if (reserved.has(property)) {
      const otherwise =
        property === map.id ? ', or write newKey: () => … in the options of the adapter' : ''
      return `'${property}' of the users table must have a value, and registration has none for it; give the column a default, or make it nullable${otherwise}`
    }
    // What it will return cannot be known.
    if (options.newUserFields !== undefined) return []
    return `'${property}' of the users table must have a value, and registration has none for it; name it in registration.extraFields, newUserDefaults or newUserFields, give the column a default, or make it nullable`
  })
}
