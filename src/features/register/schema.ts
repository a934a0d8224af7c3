/**
 * The body of `/register`: what the application's schema makes of it, or one that is made from the
 * table, and in either case the rules for addresses, usernames and passwords.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'
import type { WantedAccount } from '../../credentials/new-accounts.ts'
import { type Echoes, echoesOf } from '../../echo.ts'
import { newPasswordSchema } from '../../http/new-password.ts'
import { wording } from '../../http/wording.ts'
import type { Passwords } from '../../passwords/passwords.ts'
import type { Accounts } from '../../users/accounts.ts'
import {
  type FieldRule,
  fieldRule,
  likeAddress,
  namesLikeAddresses,
} from '../../users/field-rules.ts'
import { collected, type RegistrationSettings, wireName } from '../../users/registration.ts'
import { namesTaken } from '../../users/schema-names.ts'
import type { UserColumn } from '../../users/store.ts'

/** A body that may become an account; a field that only recovers may be left out. */
export type Registration = WantedAccount & { readonly password: string }

export type RegistrationSchema = StandardSchemaV1<unknown, Registration>

export function registrationSchema(
  accounts: Accounts,
  passwords: Passwords,
  options: RegistrationSettings,
): RegistrationSchema {
  const { schema, extraFields: properties } = options
  const names = collected(accounts.identity).map(({ name }) => name)
  const shape = fieldShape(accounts, passwords, options)
  const registration = (judged: Judged, body: Body): Registration => {
    const { password: _secret, ...data } = body
    return {
      fields: Object.fromEntries(
        names.flatMap((name) => {
          const value = judged[name]
          return value === undefined ? [] : [[name, value] as const]
        }),
      ),
      password: judged['password'] ?? '',
      source: 'register',
      extra: extraValues(properties, body),
      data,
    }
  }
  if (schema === undefined) {
    return z
      .object({ ...shape, ...extraShape(accounts, properties) })
      .superRefine(namesAreNoAddresses(names))
      .meta({ id: 'Registration' })
      .transform((body) => registration(body as Judged, body))
  }
  const known = new Set(['password', ...names, ...properties, ...properties.map(wireName)])
  const judge = z.object(shape).superRefine(namesAreNoAddresses(names))
  const unjudged = unjudgedNames(properties, namesTaken(schema))
  return {
    '~standard': {
      ...schema['~standard'],
      vendor: 'crudauth',
      async validate(sent) {
        const read = await schema['~standard'].validate(without(unjudged, sent))
        if (read.issues) {
          const echoes = echoesOf(sent, known)
          return { issues: read.issues.map((issue) => discreet(issue, sent, echoes)) }
        }
        const body = plainObject(read.value)
        const judged = judge.safeParse(body, { error: wording })
        if (!judged.success) return { issues: judged.error.issues }
        const registered = registration(judged.data, body)
        const issues = extraIssues(accounts, registered.extra)
        return issues.length > 0 ? { issues } : { value: registered }
      },
    },
  } as RegistrationSchema
}

/** The fields of the identity and the password; some fields may be left out. */
type Judged = Readonly<Record<string, string | undefined>>

type Body = Readonly<Record<string, unknown>>

/**
 * The names under which a loose schema would let a field through that it judges under another:
 * `fullName` beside a rule for `full_name`. A name that the schema does not tell of is the one on
 * the wire.
 */
function unjudgedNames(
  properties: readonly string[],
  taken: ReadonlySet<string> | null,
): readonly string[] {
  return properties.flatMap((property) => {
    const name = wireName(property)
    if (name === property) return []
    const [isOwn, isWire] = [taken?.has(property) ?? false, taken?.has(name) ?? true]
    return [...(isOwn ? [] : [property]), ...(isWire || !isOwn ? [] : [name])]
  })
}

/** A body without these names. */
function without(names: readonly string[], sent: unknown): unknown {
  if (typeof sent !== 'object' || sent === null) return sent
  if (!names.some((name) => Object.hasOwn(sent, name))) return sent
  return Object.fromEntries(Object.entries(sent).filter(([name]) => !names.includes(name)))
}

/** A schema of the application's own may already have given fields the names of properties. */
function extraValues(properties: readonly string[], body: Body): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const property of properties) {
    const name = Object.hasOwn(body, property) ? property : wireName(property)
    if (Object.hasOwn(body, name) && body[name] !== undefined) values[property] = body[name]
  }
  return values
}

function fieldShape(
  accounts: Accounts,
  passwords: Passwords,
  { newUserDefaults, newUserFields }: RegistrationSettings,
) {
  const { identity, store } = accounts
  const shape: Record<string, z.ZodType<string | undefined>> = {}
  for (const field of collected(identity)) {
    const { name, property } = field
    const column = store.columns.get(property)
    const schema = fieldSchema(fieldRule(accounts, field))
    const mayBeLeftOut =
      field === identity.contact &&
      (column?.nullable ||
        column?.hasDefault ||
        newUserFields !== undefined ||
        Object.hasOwn(newUserDefaults, property))
    shape[name] = mayBeLeftOut ? schema.optional() : schema
  }
  shape['password'] = newPasswordSchema(passwords)
  return shape
}

function fieldSchema({ kind, maxLength, read }: FieldRule): z.ZodType<string> {
  return z
    .string()
    .transform((given, context) => {
      const judged = read(given)
      if ('value' in judged) return judged.value
      context.addIssue({ code: 'custom', message: judged.problem })
      return z.NEVER
    })
    .meta(
      kind === 'email'
        ? { format: 'email', ...(maxLength < 254 && { maxLength }) }
        : { minLength: 1, maxLength },
    )
}

const namesAreNoAddresses =
  (names: readonly string[]) =>
  (value: Body, context: z.RefinementCtx): void => {
    for (const name of namesLikeAddresses(names, value)) {
      context.addIssue({ code: 'custom', path: [name], message: likeAddress })
    }
  }

/** What the table's columns can hold, so that the database has nothing to refuse. */
function extraShape({ store }: Accounts, properties: readonly string[]) {
  const shape: Record<string, z.ZodType> = {}
  for (const property of properties) {
    const column = store.columns.get(property)
    if (!column) continue
    const schema = columnSchema(column)
    const optional = column.nullable || column.hasDefault
    const nullable = column.nullable ? schema.nullable() : schema
    shape[wireName(property)] = optional ? nullable.optional() : nullable
  }
  return shape
}

const tooLong = (most: number) => ({ message: `Must have at most ${most} characters.` })

/**
 * What a schema of the application's own lets through for a column of another type. A driver could
 * take a list for the values of several columns, those that only the library writes among them.
 */
function extraIssues(
  { store }: Accounts,
  extra: Registration['extra'],
): readonly StandardSchemaV1.Issue[] {
  return Object.entries(extra).flatMap(([property, value]) => {
    const column = store.columns.get(property)
    const schema = column && readSchema(column)
    if (!schema || (value === null && column.nullable)) return []
    const issues = schema.safeParse(value, { error: wording }).error?.issues ?? []
    return issues.map(({ message }) => ({ message, path: [wireName(property)] }))
  })
}

/**
 * What a column can hold of values that have been read already; `null` where its type is not known.
 */
function readSchema(column: UserColumn): z.ZodType | null {
  switch (column.type) {
    case 'other':
      return null
    case 'bigint':
      return z.union([z.bigint(), z.int()])
    case 'date':
      return z.union([z.date(), z.iso.datetime({ offset: true })])
    default:
      return columnSchema({ ...column, maxLength: column.maxLength ?? Number.POSITIVE_INFINITY })
  }
}

/** The longest value for a text column that declares no length. */
const defaultMaxLength = 1024

function columnSchema(column: UserColumn): z.ZodType {
  const { type, maxLength = defaultMaxLength, integerBits, values } = column
  if (type === 'string' && values) return z.enum(values as [string, ...string[]])
  switch (type) {
    case 'number': {
      if (integerBits === undefined) return z.number()
      if (integerBits === 64) return z.int()
      const limit = 2 ** (integerBits - 1) - 1
      return z.int().min(-limit).max(limit)
    }
    case 'boolean':
      return z.boolean()
    case 'date':
      return z.iso.datetime({ offset: true }).transform((text) => new Date(text))
    default:
      return z
        .string()
        .refine((text) => text.isWellFormed() && !text.includes('\0'), {
          message: 'Contains characters that cannot be used.',
        })
        .refine((text) => [...text].length <= maxLength, tooLong(maxLength))
        .meta({ maxLength })
  }
}

/** The same, unless its message repeats what was sent, as some libraries' do. */
function discreet(issue: StandardSchemaV1.Issue, sent: unknown, echoes: Echoes) {
  let about = sent
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    about = Object.hasOwn(Object(about), key) ? (about as Record<PropertyKey, unknown>)[key] : null
  }
  return echoes(issue.message, about) ? { ...issue, message: 'Is not valid.' } : issue
}

function plainObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
