/**
 * Which fields of a new account may come from whom. A client may send the login fields, the
 * password and `extraFields`; the application may add its own columns; the library alone writes its
 * own.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Declaration, declareOptions } from '../options/declare.ts'
import { anObject, callback, type Option, oneOf, optional, own, texts } from '../options/option.ts'
import type { Identity, IdentityField } from './identity.ts'
import { type LogicalField, logicalFields, type UserStore, type UserTypes } from './store.ts'

/**
 * The properties that mean something under a map: those that it names, and fields by their own
 * name.
 */
type ReservedBy<Columns> =
  | Exclude<LogicalField, keyof Columns>
  | {
      [Field in keyof Columns]: Columns[Field] extends string
        ? Columns[Field]
        : Columns[Field] extends { readonly property: infer Property extends string }
          ? Property
          : never
    }[keyof Columns]

/** The property of the address, which the application may fill where it does not log in. */
type ContactBy<Columns> = Columns extends { readonly email: infer Entry }
  ? Entry extends { readonly property: infer Property extends string }
    ? Property
    : Entry
  : 'email'

/** A column of the application's own: not one that means something to the library. */
export type OwnField<T extends UserTypes> = Exclude<
  keyof T['insert'] & string,
  ReservedBy<T['columns']>
>

/**
 * Values for columns of the application's own, and for the address or number by which accounts are
 * recovered, where it does not log in.
 */
export type OwnValues<T extends UserTypes> = Partial<
  Omit<T['insert'], Exclude<ReservedBy<T['columns']>, ContactBy<T['columns']>>>
>

/** What a body that has a schema of the application's own must come to. */
export interface RegistrationBody {
  readonly password: string
}

/** What a new account may bring, and what the application adds to it. */
export interface RegistrationOptions<T extends UserTypes = UserTypes> {
  /**
   * Columns of yours that the body of `/register` may fill, by property name. On the wire they are
   * in snake case: `displayName` is `display_name`. Default none.
   *
   * Everything else that is sent is dropped.
   */
  extraFields?: readonly OwnField<T>[]

  /**
   * The body of `/register`, in any Standard Schema library: zod, valibot, arktype. Its output must
   * have `password` and the login fields. Default: made from the table.
   *
   * Of the rest of its output only `extraFields` count. The rules for addresses, usernames and
   * passwords hold besides, and each value must be of its column's type, where that is known.
   */
  schema?: StandardSchemaV1<unknown, RegistrationBody>

  /**
   * What `/register` answers where people can be reached: `same` for everybody, or `plain` with
   * "already taken". Default `same`.
   *
   * With `plain` anybody can find out who has an account, as often as the rate limit lets them.
   */
  answers?: 'same' | 'plain'

  /**
   * Values that the server sets in every new row; they win over what was sent. Default none.
   *
   * The field that recovers may be among them where it does not log in; it is stored unproven.
   */
  newUserDefaults?: Readonly<OwnValues<T>>

  /**
   * Returns further such values for each new account, before it is inserted; they win over all
   * others. Default none.
   *
   * What it throws ends the registration: an `AuthError` as it is, all else with 500.
   */
  newUserFields?: (
    context: NewUserContext,
  ) => Readonly<OwnValues<T>> | Promise<Readonly<OwnValues<T>>>
}

export interface RegistrationSettings {
  readonly extraFields: readonly string[]
  readonly schema: StandardSchemaV1<unknown, RegistrationBody> | undefined
  readonly answers: 'same' | 'plain'
  readonly newUserDefaults: Readonly<Record<string, unknown>>
  readonly newUserFields: RegistrationOptions['newUserFields'] | undefined
}

export const registrationOptions: Declaration<RegistrationSettings> =
  declareOptions<RegistrationSettings>(
    {
      extraFields: texts([], 'displayName'),
      schema: own<RegistrationSettings['schema']>({
        defaultText: 'made from the table',
        fallback: undefined,
        problems: (given, path) =>
          typeof (given as RegistrationSettings['schema'])?.['~standard']?.validate === 'function'
            ? []
            : [
                `${path} is not a Standard Schema; pass an object schema of zod, valibot, arktype or another library that implements it`,
              ],
      }),
      answers: oneOf(['same', 'plain'], 'same'),
      newUserDefaults: {
        ...anObject<Readonly<Record<string, unknown>>>("{ plan: 'free' }"),
        leftOut: () => ({ value: {}, problems: [] }),
      } as Option<Readonly<Record<string, unknown>>>,
      newUserFields: optional(
        callback<NonNullable<RegistrationOptions['newUserFields']>>(
          '({ email }) => ({ team: email })',
        ),
      ),
    },
    { write: "registration: { extraFields: ['displayName'] }, or leave it out" },
  )

/** What `registration.newUserFields` is told about the new account. */
export interface NewUserContext {
  /** In canonical form; empty where the account has none. */
  readonly email: string
  readonly username: string
  readonly source: 'register' | 'oauth'
  /**
   * The body as the schema read it, without the password; `null` for an account from a provider.
   */
  readonly registerData: Readonly<Record<string, unknown>> | null
  readonly request: Request
  /** A name to call the person by: the address before its `@`, else the username. */
  readonly suggestedName: string
}

/** The name on the wire of a property: `displayName` is `display_name`. */
export function wireName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * The properties that only the library writes: every logical field under whatever name the table
 * has it, and the identity's factors with their flags.
 */
export function reservedProperties(store: UserStore, identity: Identity): ReadonlySet<string> {
  const reserved = new Set<string>(Object.values(store.map))
  for (const property of Object.values(store.factors ?? {})) reserved.add(property)
  for (const { property } of identity.login) reserved.add(property)
  if (identity.recovery) reserved.add(identity.recovery.property)
  if (identity.verifiedProperty) reserved.add(identity.verifiedProperty)
  return reserved
}

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

/** The fields of the identity that a registration brings. */
export function collected({ login, contact }: Identity): readonly IdentityField[] {
  return contact === null ? login : [...login, contact]
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
      `${option} names '${property}', which is not a column of the users table; it may name: ${own.join(', ') || 'nothing'}`,
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
  problems.push(...unfilled(store, identity, options))
  return problems
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
      return `'${property}' of the users table must have a value, and registration has none for it; give the column a default, or make it nullable`
    }
    // What it will return cannot be known.
    if (options.newUserFields !== undefined) return []
    return `'${property}' of the users table must have a value, and registration has none for it; name it in registration.extraFields, newUserDefaults or newUserFields, give the column a default, or make it nullable`
  })
}
