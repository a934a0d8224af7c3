/**
 * Password hashes that are not in one column of the users table: in a second table that names the
 * user, or in several columns of either.
 */
import { uniqueness } from '../../databases/table/keys.ts'
import { bareName, rankOf, wordsOf } from '../../users/column-names.ts'
import type { Connection } from './connection.ts'
import type { Finding } from './diagnosis.ts'
import { bare, inspectTable, referencing } from './inspect.ts'
import type { MissingIndex } from './migration/indexes.ts'
import { type NewValue, valueFor } from './new-rows.ts'
import { type Orm, propertyOf } from './orm.ts'
import { quoteName, quoteTable, quoteText } from './quote.ts'
import type { Reading } from './reading.ts'
import { nothingRead } from './sample.ts'
import {
  columnNamed,
  type InspectedColumn,
  type InspectedTable,
  type MappedColumn,
  type SplitHashPlan,
  type TableMap,
} from './table.ts'

/** A second table, with what a configuration says of it. */
export interface PasswordsElsewhere {
  readonly table: InspectedTable
  /** The column that names the user. */
  readonly user: string
  readonly hash: MappedColumn
  /** What its rows of passwords have, where it has credentials of other kinds. */
  readonly kind: {
    readonly column: string
    readonly value: string
    /** Whether no row tells it. */
    readonly isGuess: boolean
  } | null
  /** Whether it lets no user have two passwords. */
  readonly isUnique: boolean
  /** What a new row needs besides. */
  readonly values: readonly NewValue[]
}

/** Layouts of hashes in several columns, by what nobody else has. */
const layouts: readonly {
  readonly format: SplitHashPlan['format']
  /** The hash first. */
  readonly columns: readonly string[]
  /** What `compose` calls them. */
  readonly names: readonly string[]
  readonly also: readonly string[]
}[] = [
  {
    format: 'payload',
    columns: ['hash', 'salt'],
    names: ['hash', 'salt'],
    also: ['login_attempts'],
  },
  {
    format: 'gitea',
    columns: ['passwd', 'salt', 'passwd_hash_algo'],
    names: ['hash', 'salt', 'algorithm'],
    also: [],
  },
  {
    format: 'keycloak',
    columns: ['secret_data', 'credential_data'],
    names: ['secretData', 'credentialData'],
    also: [],
  },
]

/** The hash of a table whose layout is known, in small letters or in capitals. */
export function knownLayout(table: InspectedTable): MappedColumn | undefined {
  const named = (name: string) => table.columns.find((one) => one.name.toLowerCase() === name)
  const found = layouts.find(({ columns, also }) => [...columns, ...also].every(named))
  if (!found) return undefined
  const [hash, ...parts] = found.columns.flatMap((name) => named(name) ?? [])
  if (!hash) return undefined
  return {
    column: hash.name,
    split: {
      parts: parts.map(({ name }) => name),
      names: found.names,
      format: found.format,
      unset: parts.every(({ nullable }) => nullable) ? null : '',
    },
  }
}

/** The second table of the hashes, where there is one. */
export async function passwordsElsewhere(
  connection: Connection,
  reading: Reading,
  users: InspectedTable,
  map: TableMap,
  orm: Orm,
): Promise<PasswordsElsewhere | null> {
  const found: { readonly rank: number; readonly elsewhere: PasswordsElsewhere }[] = []
  for (const name of await referencing(connection, users.name)) {
    if (name === users.name) continue
    const table = await inspectTable(connection, name)
    const hash = knownLayout(table) ?? hashOf(table)
    const user = table.columns.find(({ references }) => references === bare(users.name))
    if (!hash || !user) continue
    const kind = await kindOf(reading, table, hash.column)
    const fixed = kind === null ? [] : [kind.column]
    const where = kind === null ? null : `${kind.column} = '${kind.value}'`
    const elsewhere: PasswordsElsewhere = {
      table,
      user: user.name,
      hash,
      kind,
      isUnique: uniqueness(table.uniqueKeys, user.name, { fixed, where }) === 'yes',
      values: valuesOf(
        table,
        [user.name, hash.column, ...(hash.split?.parts ?? []), ...fixed],
        map,
        orm,
      ),
    }
    found.push({ rank: rankOf('hashedPassword', hash.column, name) ?? 0, elsewhere })
  }
  return found.sort((one, other) => one.rank - other.rank)[0]?.elsewhere ?? null
}

/** Tables of tokens have hashes, too. */
const telling = ['password', 'passwords', 'credential', 'credentials', 'auth', 'account', 'login']

function hashOf(table: InspectedTable): MappedColumn | undefined {
  const isTelling = wordsOf(bare(table.name)).some((word) =>
    telling.some((one) => word === one || word === `${one}s`),
  )
  const ranked = table.columns.flatMap((column) => {
    const rank = rankOf('hashedPassword', column.name, table.name)
    if (rank === null || column.type !== 'string' || column.generated) return []
    return bareName(column.name) === 'hash' && !isTelling ? [] : [{ column, rank }]
  })
  const [best] = ranked.sort((one, other) => one.rank - other.rank)
  return best && { column: best.column.name }
}

const kindNames = ['providerid', 'provider', 'type', 'kind', 'credentialtype', 'authtype']
/** What passwords are called among credentials. */
const passwordKinds = ['credential', 'password', 'credentials', 'local', 'email', 'basic']

async function kindOf(
  { dialect, rows: read }: Reading,
  table: InspectedTable,
  hash: string,
): Promise<PasswordsElsewhere['kind']> {
  const column = table.columns.find(
    ({ name, type }) => type === 'string' && kindNames.includes(bareName(name)),
  )
  if (!column) return null
  const [kind, of, stored] = [
    quoteName(column.name, dialect),
    quoteTable(table.name, dialect),
    quoteName(hash, dialect),
  ]
  const rows = await read(
    `select distinct ${kind} as kind from (select ${kind}, ${stored} from ${of} limit 100000) as looked_at where ${stored} is not null limit 21`,
    `what ${table.name} calls passwords in ${column.name}`,
  )
  const values = (rows ?? []).map((row) => String(row['kind']))
  const only = values.length === 1 ? values[0] : undefined
  const usual = bareName(column.name) === 'providerid' ? 'credential' : 'password'
  const found = passwordKinds.find((one) => values.includes(one)) ?? only
  return { column: column.name, value: found ?? usual, isGuess: found === undefined }
}

/** What a new row needs that neither the database nor the store has. */
function valuesOf(
  table: InspectedTable,
  filled: readonly string[],
  map: TableMap,
  orm: Orm,
): NewValue[] {
  const primary = table.uniqueKeys.find((key) => key.primary)?.columns ?? []
  const id = propertyOf(orm, map.id?.column ?? 'id')
  return table.columns.flatMap((column) => {
    const { name, nullable, hasDefault, generated } = column
    if (nullable || hasDefault || generated || filled.includes(name)) return []
    const made = { column: name, varies: true, isGuess: false }
    if (primary.includes(name) && column.type === 'string') {
      return [{ ...made, code: 'randomUUID()', crypto: 'randomUUID' }]
    }
    if (bareName(name) === 'accountid' && column.type === 'string') {
      return [{ ...made, code: `String(user.${id})` }]
    }
    return [{ column: name, ...valueFor(table, orm, nothingRead, column) }]
  })
}

/** The hash as a column of the users table, as the adapter shows it. */
export function withHash(
  users: InspectedTable,
  { table, hash }: PasswordsElsewhere,
): { readonly table: InspectedTable; readonly mapped: MappedColumn } {
  const column = columnNamed(table, hash.column) as InspectedColumn
  const name = `${bare(table.name)}.${hash.column}`
  const { references: _, ...rest } = column
  const stored = { table, column: hash.column }
  const shown: InspectedColumn = { ...rest, name, nullable: true, hasDefault: false, stored }
  return { table: { ...users, columns: [...users.columns, shown] }, mapped: { column: name } }
}

/** That somebody could have two passwords. */
export function onePasswordEach({ isUnique }: PasswordsElsewhere): Finding[] {
  return [
    {
      feature: {
        name: 'one password',
        needs: [],
        required: true,
        without: 'two passwords of one person could not be told apart',
      },
      status: isUnique ? 'ok' : 'broken',
      columns: [],
      troubles: [],
    },
  ]
}

/** What somebody has to look at. */
export function kindNote({ table, kind }: PasswordsElsewhere): string[] {
  if (!kind?.isGuess) return []
  return [
    `${table.name}: no row tells what passwords are called in ${kind.column}; what is printed (${quoteText(kind.value)}) only stands for it`,
  ]
}

/** The index without which somebody could. */
export function missingIndex({
  table,
  user,
  kind,
  isUnique,
}: PasswordsElsewhere): readonly MissingIndex[] {
  if (isUnique) return []
  return [
    {
      feature: 'one password',
      table,
      name: `${bare(table.name)}_one_password`,
      columns: [user, ...(kind ? [kind.column] : [])],
      unless: 'somebody has two',
    },
  ]
}

/** The columns that are unique together, or will be when the migration has run. */
export function uniqueTogether({ table, user, kind }: PasswordsElsewhere): {
  readonly columns: readonly string[]
  /** By an index over some rows only. */
  readonly isPartial: boolean
} {
  const all = [user, ...(kind ? [kind.column] : [])]
  const covering = table.uniqueKeys.filter(
    ({ columns, folds }) =>
      !folds && columns.includes(user) && columns.every((column) => all.includes(column)),
  )
  const whole = covering.find(({ where }) => !where)
  const columns = (whole ?? covering[0])?.columns ?? all
  return { columns, isPartial: covering.length > 0 && !whole }
}
