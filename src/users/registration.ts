/**
 * Which fields of a new account may come from whom. A client may send the login fields, the
 * password and `extraFields`; the application may add its own columns; the library alone writes its
 * own.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Declaration, declareOptions, group } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { anObject, callback, type Option, oneOf, optional, own, texts } from '../options/option.ts'
import type { Identity, IdentityField } from './identity.ts'
import type { LogicalField, UserStore, UserTypes } from './store.ts'

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
   * Who may register at `/register`: everybody; people with an invitation of
   * `auth.invitations.create`; or nobody, and there is no such route. Default `open`.
   *
   * What the options say of new accounts holds for those of `auth.users.create` and of providers,
   * too, whatever the mode.
   */
  mode?: 'open' | 'invited' | 'closed'

  /** For how many seconds an invitation is good. Default 604800. */
  invitationTtl?: number

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
  readonly mode: 'open' | 'invited' | 'closed'
  readonly invitationTtl: number
  readonly extraFields: readonly string[]
  readonly schema: StandardSchemaV1<unknown, RegistrationBody> | undefined
  readonly answers: 'same' | 'plain'
  readonly newUserDefaults: Readonly<Record<string, unknown>>
  readonly newUserFields: RegistrationOptions['newUserFields'] | undefined
}

export const registrationOptions: Declaration<RegistrationSettings> =
  declareOptions<RegistrationSettings>(
    {
      mode: oneOf(['open', 'invited', 'closed'], 'open'),
      invitationTtl: seconds(7 * 86_400, { min: 60, max: 90 * 86_400 }),
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
    {
      write: "registration: { extraFields: ['displayName'] }, false for none, or leave it out",
      elsewhere: {
        enabled: 'write registration: false for none',
        fields: "write extraFields: ['displayName']",
        allowedFields: "write extraFields: ['displayName']",
      },
    },
  )

/** The whole option: `false` is short for a mode. */
export const registrationOption: Option<RegistrationSettings> = {
  ...group(registrationOptions),
  judge: (given, path) =>
    group(registrationOptions).judge(given === false ? { mode: 'closed' } : given, path),
}

/** What `registration.newUserFields` is told about the new account. */
export interface NewUserContext {
  /** In canonical form; empty where the account has none. */
  readonly email: string
  readonly username: string
  /**
   * `application` for an account that `auth.users.create` makes, `link` for one that a link to sign
   * in does.
   */
  readonly source: 'register' | 'oauth' | 'application' | 'link'
  /** The body as the schema read it, without the password; `null` where nobody registers. */
  readonly registerData: Readonly<Record<string, unknown>> | null
  /** What a provider says of the person, as it says it; `null` for any other account. */
  readonly profile: unknown
  /** `null` where no request asked: a script, a command line. */
  readonly request: Request | null
  /**
   * A name to call the person by: that of the profile, the address before its `@`, else the
   * username.
   */
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

/** The fields of the identity that a registration brings. */
export function collected({ login, contact }: Identity): readonly IdentityField[] {
  return contact === null ? login : [...login, contact]
}
