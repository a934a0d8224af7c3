/**
 * The account's shape: which fields log in, and which one recovers.
 */
import { type Declaration, declareOptions } from '../options/declare.ts'
import { optional, orNull, text, texts } from '../options/option.ts'
import { canonicalEmail } from './email.ts'
import { canonicalPhone } from './phone.ts'
import { type LogicalField, logicalFields, type UserStore } from './store.ts'
import { canonicalUsername, caselessUsername } from './username.ts'

/** Which fields log in, and which one recovers the account. */
export interface IdentityOptions {
  /**
   * The fields by which people log in, tried in this order. Each must be a unique column. Default
   * 'email', 'username', as the table has them.
   */
  login?: readonly string[]
  /**
   * The field used for account recovery; `verified` gates check this field. Default 'email', where
   * the table has it.
   */
  recovery?: string | null
  /**
   * Login fields, such as `username`, that are stored and compared in lower case; addresses always
   * are. Default none.
   *
   * Where a table already has rows in any case, say `ignoreCase` of the column instead, which
   * leaves them as they are.
   */
  ignoreCase?: readonly string[]
}

/** What is left out depends on the table, see `identity`. */
export type IdentitySettings = Readonly<{
  [Name in keyof Required<IdentityOptions>]: IdentityOptions[Name] | undefined
}>

export const identityOptions: Declaration<IdentitySettings> = declareOptions<IdentitySettings>(
  {
    login: optional(texts([], 'email'), "'email', 'username', as the table has them"),
    recovery: optional(
      orNull(text('email', { wanted: "the name of a field, such as 'email'" }), {
        meaning: 'for none',
      }),
      "'email', where the table has it",
    ),
    ignoreCase: optional(texts([], 'username')),
  },
  {
    write: (given) => {
      const names = [given].flat().filter((name) => typeof name === 'string')
      return `identity: { login: [${(names.length > 0 ? names : ['email']).map((name) => `'${name}'`).join(', ')}] }`
    },
  },
)

/** A field of the identity, tied to the application's column. */
export interface IdentityField {
  /** The name on the wire, in the configuration and in messages. */
  readonly name: string
  /** The property in the application's rows. */
  readonly property: string
  /** The form in which a value is stored and compared. */
  canonical(value: string): string
}

export interface Identity {
  readonly login: readonly IdentityField[]
  readonly recovery: IdentityField | null
  /** The same where it does not log in: collected at registration, and stored unproven. */
  readonly contact: IdentityField | null
  /** The property that says whether the recovery factor is proven; `null` when there is none. */
  readonly verifiedProperty: string | null
}

/** The application's property for a logical field or for a column of its own, or `null`. */
export function propertyOf(store: UserStore, field: string): string | null {
  if (isLogical(field)) return store.map[field] ?? null
  return store.factors?.[field] ?? (store.columns.has(field) ? field : null)
}

export function identity(store: UserStore, options: IdentitySettings): Identity {
  const tie = (name: string): IdentityField | null => {
    const property = propertyOf(store, name)
    if (property === null) return null
    return { name, property, canonical: canonicalForm(name, options.ignoreCase ?? []) }
  }
  const recovery = recoveryName(store, options)
  const names = loginNames(store, options)
  const recovering = recovery === null ? null : tie(recovery)
  return {
    login: names.map(tie).filter((field) => field !== null),
    recovery: recovering,
    contact: recovery !== null && names.includes(recovery) ? null : recovering,
    verifiedProperty: recovery === null ? null : propertyOf(store, `${recovery}Verified`),
  }
}

/** What is wrong with an identity over this table, one sentence each. */
export function identityProblems(store: UserStore, options: IdentitySettings): string[] {
  const problems: string[] = []
  const names = loginNames(store, options)
  if (names.length === 0) {
    problems.push(
      "identity.login is empty, so that nobody could log in; name at least one unique column, such as identity: { login: ['email'] }",
    )
  }
  const once = [...new Set(names)]
  if (once.length < names.length) {
    const list = once.map((name) => `'${name}'`).join(', ')
    problems.push(`identity.login names a field twice; write identity: { login: [${list}] }`)
  }
  for (const name of names) problems.push(...fieldProblems(store, 'identity.login', name))
  const recovery = recoveryName(store, options)
  if (recovery !== null) problems.push(...fieldProblems(store, 'identity.recovery', recovery))
  for (const name of options.ignoreCase ?? []) {
    if (names.includes(name)) continue
    problems.push(
      `identity.ignoreCase names '${name}', which is not a login field; leave it out; those are: ${names.join(', ')}`,
    )
  }
  return problems
}

/**
 * No identifier is longer, in UTF-16 units. Beyond it nothing is normalised: putting many combining
 * marks in order takes a time that grows with their square.
 */
export const maxIdentifierLength = 1024

function canonicalForm(name: string, ignoreCase: readonly string[]): IdentityField['canonical'] {
  const form =
    name === 'email'
      ? canonicalEmail
      : name === 'phone'
        ? canonicalPhone
        : ignoreCase.includes(name)
          ? caselessUsername
          : canonicalUsername
  return (value) => (value.length > maxIdentifierLength ? value : form(value))
}

function fieldProblems(store: UserStore, option: string, name: string): string[] {
  // Under its own name, an address would be no address: other rules, another form.
  const [field] = Object.entries(store.map).find(([, one]) => one === name) ?? [name]
  if (field !== name && !isLogical(name) && store.factors?.[name] === undefined) {
    return [`${option} names '${name}', which is the column of ${field}; write '${field}'`]
  }
  const property = propertyOf(store, name)
  const column = property === null ? undefined : store.columns.get(property)
  if (!column) {
    return [
      `${option} field '${name}' is not a column of the users table; say which one it is in the adapter's options, ${isLogical(name) ? 'columns' : 'factors'}: { ${name}: '…' }, or leave it out of identity`,
    ]
  }
  if (column.type !== 'string' && column.type !== 'other') {
    return [
      `${option} field '${name}' (column '${column.column}') must hold text; leave it out of identity, or name a column of text`,
    ]
  }
  if (!column.unique) {
    return [
      `${option} field '${name}' is not a unique column: two people could share it; add a unique index on '${column.column}' alone`,
    ]
  }
  return []
}

function loginNames(store: UserStore, options: IdentitySettings): readonly string[] {
  return options.login ?? ['email', 'username'].filter((name) => propertyOf(store, name) !== null)
}

function recoveryName(store: UserStore, options: IdentitySettings): string | null {
  if (options.recovery !== undefined) return options.recovery
  return propertyOf(store, 'email') === null ? null : 'email'
}

function isLogical(field: string): field is LogicalField {
  return (logicalFields as readonly string[]).includes(field)
}
