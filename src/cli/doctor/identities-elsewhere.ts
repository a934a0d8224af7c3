/**
 * Who people are at providers, where a table of another library has it beside the users: Auth.js,
 * Better Auth, allauth, OmniAuth, Keycloak.
 */
import { bareName, wordsOf } from '../../users/column-names.ts'
import type { Connection } from './connection.ts'
import { bare, inspectTable, referencing } from './inspect.ts'
import { type Orm, propertyOf, tableIn } from './orm.ts'
import { oneLine, quoteName, quoteTable } from './quote.ts'
import type { Reading } from './reading.ts'
import { columnNamed, type InspectedTable, type TableMap } from './table.ts'

export interface IdentitiesElsewhere {
  readonly notes: readonly string[]
  /** What copies them into columns of the users, as SQL. */
  readonly migration: readonly string[]
}

/** Words of tables that may hold them: of a large application not every table is looked at. */
const telling = new Set(
  'account accounts identity identities identitys social socialaccount oauth provider providers authentication authentications auth federated omniauth external login logins connection connections sso'.split(
    ' ',
  ),
)

const providerNames = [
  'provider',
  'providerid',
  'providername',
  'identityprovider',
  'oauthprovider',
]
const subjectNames = [
  'provideraccountid',
  'accountid',
  'provideruserid',
  'federateduserid',
  'providersubject',
  'subject',
  'sub',
  'uid',
  'provideruid',
  'externalid',
  'providerid',
]

/** Of such a table: what is no provider. */
const passwords = new Set(['credential', 'credentials', 'password', 'local', 'email'])

/** @param map Of the users. */
export async function identitiesElsewhere(
  connection: Connection,
  reading: Reading,
  users: InspectedTable,
  map: TableMap,
  orm: Orm,
): Promise<IdentitiesElsewhere> {
  const notes: string[] = []
  const migration: string[] = []
  for (const name of await referencing(connection, users.name)) {
    if (name === users.name || !wordsOf(bare(name)).some((word) => telling.has(word))) continue
    const table = await inspectTable(connection, name)
    if (isOurs(table)) {
      notes.push(oneLine(`${name}: ${oursNote(table, orm)}`))
      continue
    }
    const found = columnsOf(table, users)
    const key = map.id && columnNamed(users, map.id.column)
    if (!found || !key) continue
    const { provider, subject } = found
    notes.push(
      oneLine(
        `${name}: may hold who people are at providers (${provider}, ${subject}). It cannot be the table of identities of oauth(), whose rows name the issuer and have two unique digests; the migration copies it into a column for each provider, under "identities"`,
      ),
    )
    const providers = await providersIn(reading, table, provider)
    migration.push(...copies(users, map, key.name, table, found, providers))
  }
  return { notes, migration }
}

interface Columns {
  readonly user: string
  readonly provider: string
  readonly subject: string
}

function columnsOf(table: InspectedTable, users: InspectedTable): Columns | null {
  const named = (names: readonly string[]) =>
    names
      .map((name) =>
        table.columns.find((column) => column.type === 'string' && bareName(column.name) === name),
      )
      .find((column) => column !== undefined)?.name
  const user = table.columns.find(({ references }) => references === bare(users.name))?.name
  const provider = named(providerNames)
  const subject = named(
    subjectNames.filter((name) => provider === undefined || name !== bareName(provider)),
  )
  return user && provider && subject ? { user, provider, subject } : null
}

/** A table that was made of `authIdentityColumns()`. */
function isOurs(table: InspectedTable): boolean {
  return ['identitykey', 'accountkey', 'issuer', 'subject'].every((name) =>
    table.columns.some((column) => bareName(column.name) === name),
  )
}

/** The fields of such a row; see `authIdentityColumns()`. */
const fields = 'id userId provider issuer subject identityKey accountKey createdAt'.split(' ')

function oursNote(table: InspectedTable, orm: Orm): string {
  const of = tableIn(orm, table.name)
  const map = fields.flatMap((field) => {
    const column = table.columns.find(({ name }) => bareName(name) === field.toLowerCase())
    return column ? [[field, column.name, propertyOf(orm, column.name)] as const] : []
  })
  const entries = (of: typeof map) =>
    of.map(([field, , property]) => `${field}: '${property}'`).join(', ')
  const others = map.filter(([field, , property]) => property !== field)
  const columns = others.length === 0 ? '' : `, { columns: { ${entries(others)} } }`
  const isUsual = map.every(([field, column]) => column === wordsOf(field).join('_'))
  const code = {
    drizzle: `drizzleIdentities(db, ${of}${columns})`,
    kysely: `kyselyIdentities(db, '${of}', ${isUsual ? 'authIdentityColumns()' : `{ columns: { ${entries(map)} } }`})`,
    prisma: `prismaIdentities(prisma, '${of}'${columns})`,
  }[orm]
  return `holds who people are at providers; write oauth({ …, identities: ${code} })`
}

async function providersIn(
  { dialect, rows }: Reading,
  table: InspectedTable,
  provider: string,
): Promise<string[]> {
  const column = quoteName(provider, dialect)
  const read = await rows(
    `select distinct value from (select ${column} as value from ${quoteTable(table.name, dialect)} limit 100000) as looked_at limit 21`,
    `of which providers ${table.name} has people`,
  )
  const names = (read ?? []).flatMap(({ value }) => (value === null ? [] : [String(value)]))
  // A value is printed as code: one that is no name is nobody's provider.
  const isName = (one: string) => /^[\w.:-]{1,64}$/.test(one) && !passwords.has(one.toLowerCase())
  return names.filter(isName).sort()
}

/**
 * One identity of each provider and person, for those who have none in its column yet. Where
 * somebody has two, PostgreSQL and MySQL refuse the statement, and SQLite takes one of them.
 */
function copies(
  users: InspectedTable,
  map: TableMap,
  key: string,
  table: InspectedTable,
  { user, provider, subject }: Columns,
  providers: readonly string[],
): string[] {
  const { dialect } = users
  const q = (name: string) => quoteName(name, dialect)
  const [into, from] = [quoteTable(users.name, dialect), quoteTable(table.name, dialect)]
  return providers.flatMap((one) => {
    const { column, isThere } = columnOf(users, map, one)
    const ofProvider = `i.${q(provider)} = '${one}'`
    const same = `i.${q(user)} = ${into}.${q(key)} and ${ofProvider}`
    return [
      ...(isThere
        ? []
        : [
            `alter table ${into} add column ${q(column)} varchar(255);`,
            `create unique index ${q(`${bare(users.name)}_${column}_key`)} on ${into} (${q(column)});`,
          ]),
      oneLine(
        `-- ${dialect === 'sqlite' ? 'takes any one' : 'fails'} where somebody has two; they are found with: select i.${q(user)}, count(*) from ${from} i where ${ofProvider} group by i.${q(user)} having count(*) > 1;`,
      ),
      `update ${into} set ${q(column)} = (select i.${q(subject)} from ${from} i where ${same}) where ${into}.${q(column)} is null and exists (select 1 from ${from} i where ${same});`,
    ]
  })
}

/** The column of a provider's people, and whether it is there before the copies are made. */
function columnOf(
  users: InspectedTable,
  map: TableMap,
  provider: string,
): { readonly column: string; readonly isThere: boolean } {
  const column = `${wordsOf(provider).join('_')}_id`
  const field =
    column === 'google_id' ? 'googleId' : column === 'github_id' ? 'githubId' : undefined
  // Those two are in the migration already, where they are missing.
  if (field) return { column: map[field]?.column ?? column, isThere: true }
  const found = users.columns.find(({ name }) => bareName(name) === bareName(column))
  return { column: found?.name ?? column, isThere: found !== undefined }
}
