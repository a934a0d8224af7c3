/**
 * The configuration that adopts the table, as a module to start from, for the query builder in use.
 */
import { codeOf, type Literal, literal } from './codecs.ts'
import { uniqueTogether } from './elsewhere.ts'
import type { NewValue } from './new-rows.ts'
import { identifier, type Orm, propertyOf, type SeenForm, tableIn, typeIn } from './orm.ts'
import type { Plan } from './plan.ts'
import { quoteText } from './quote.ts'
import type { Condition } from './signals.ts'
import { columnNamed, type Dialect, type MappedColumn, uniquenessIn } from './table.ts'

/** Whether Hono is installed, for which there is a factory of its own. */
export interface Surroundings {
  readonly hono: boolean
}

export function configurationOf(plan: Plan, { hono }: Surroundings): string {
  const { orm, table } = plan
  const imports = new Imports()
  const factory = hono ? 'honoAuth' : 'crudAuth'
  const entry = hono ? 'crudauth/hono' : 'crudauth'
  imports.add(entry, factory)
  imports.add(hono ? 'crudauth/hono' : 'crudauth', 'session')
  const users = usersLines(plan, imports)
  if (plan.adopt.length > 0) for (const name of plan.adopt) imports.add('crudauth/hashes', name)
  const lines = [
    `export const auth = ${factory}({`,
    ...users,
    '  secret: process.env.AUTH_SECRET,',
    '  transports: [session()],',
    ...identityLines(plan),
    ...(plan.adopt.length > 0
      ? [`  passwords: { adopt: [${plan.adopt.map((name) => `${name}()`).join(', ')}] },`]
      : []),
    ...registrationLines(plan.newValues, orm, imports),
    ...(plan.tenant === undefined
      ? []
      : ["  tenant: (request) => request.headers.get('x-tenant') ?? '', // say how"]),
    '})',
  ]
  const store = tableIn(orm, table.name)
  const database = {
    drizzle: [
      "import { db } from './db.ts'",
      `import { ${[...(plan.elsewhere ? [tableIn(orm, plan.elsewhere.table.name)] : []), store].sort().join(', ')} } from './schema.ts'`,
    ],
    kysely: ["import { db } from './db.ts'"],
    prisma: ["import { prisma } from './prisma.ts'"],
  }[orm]
  return [...imports.lines(), ...database, '', ...lines].join('\n')
}

class Imports {
  readonly #names = new Map<string, Set<string>>()

  add(from: string, name: string): void {
    this.#names.set(from, (this.#names.get(from) ?? new Set()).add(name))
  }

  lines(): string[] {
    return [...this.#names]
      .sort(([one], [other]) => order(one) - order(other) || one.localeCompare(other))
      .map(([from, names]) => `import { ${[...names].sort().join(', ')} } from '${from}'`)
  }
}

function order(specifier: string): number {
  return specifier.startsWith('node:') ? 0 : 1
}

function usersLines(plan: Plan, imports: Imports): string[] {
  const { orm, table } = plan
  const name = tableIn(orm, table.name)
  const columns = columnLines(plan, imports)
  const tenant =
    plan.tenant === undefined ? [] : [`    tenant: ${quoteText(propertyOf(orm, plan.tenant))},`]
  const where = [
    ...passwordLines(plan, imports),
    ...whereLines(plan, imports),
    ...newKeyLines(plan, imports),
  ]
  switch (orm) {
    case 'drizzle': {
      imports.add('crudauth/drizzle', 'drizzleUsers')
      const options = [...columns, ...tenant, ...where]
      return options.length === 0
        ? [`  users: drizzleUsers(db, ${name}),`]
        : [`  users: drizzleUsers(db, ${name}, {`, ...options, '  }),']
    }
    case 'kysely': {
      imports.add('crudauth/kysely', 'kyselyUsers')
      return [
        `  users: kyselyUsers(db, ${quoteText(name)}, {`,
        ...columns,
        `    unique: [${uniqueColumns(plan).map(quoteText).join(', ')}],`,
        ...keyLine(plan, plan.map.id?.column, 'key', 'integer'),
        ...tenant,
        ...keyLine(plan, plan.tenant, 'tenantKey', 'text'),
        ...otherLines(plan),
        ...where,
        '  }),',
      ]
    }
    case 'prisma':
      imports.add('crudauth/prisma', 'prismaUsers')
      return [
        `  users: prismaUsers(prisma, ${quoteText(name)}, {`,
        `    unique: [${uniqueColumns(plan)
          .map((one) => quoteText(propertyOf(orm, one)))
          .join(', ')}]${isUniqueAlone(plan) ? '' : ' as never'},`,
        ...columns,
        ...tenant,
        ...where,
        '  }),',
      ]
  }
}

/** The second table of the hashes. */
function passwordLines({ orm, elsewhere }: Plan, imports: Imports): string[] {
  if (!elsewhere) return []
  const { table, user, hash, kind, values } = elsewhere
  const name = tableIn(orm, table.name)
  const of = (column: string) => quoteText(propertyOf(orm, column))
  const pair = (column: string, code: string) => {
    const property = propertyOf(orm, column)
    return `${identifier(property) === property ? property : quoteText(property)}: ${code}`
  }
  for (const { crypto } of values) if (crypto) imports.add('node:crypto', crypto)
  const unique = uniqueTogether(elsewhere)
  const named = values.some(({ code }) => code.includes('user.')) ? '(user)' : '()'
  const moments = values.map(({ column, code }) => pair(column, code)).join(', ')
  return [
    '    passwords: {',
    orm === 'prisma'
      ? `      model: ${quoteText(name)},`
      : `      table: ${orm === 'kysely' ? quoteText(name) : name},`,
    `      user: ${of(user)},`,
    `      hash: ${splitEntry(orm, hash, imports) ?? of(hash.column)},`,
    ...(kind ? [`      only: { ${pair(kind.column, quoteText(kind.value))} },`] : []),
    ...(orm === 'drizzle'
      ? []
      : [
          `      unique: [${unique.columns.map(of).join(', ')}]${orm === 'prisma' && unique.isPartial ? ' as never' : ''},`,
        ]),
    ...(values.length > 0 ? [`      insert: ${named} => ({ ${moments} }),`] : []),
    '    },',
  ]
}

/** A hash in several columns, made one text by its format. */
function splitEntry(orm: Orm, { column, split }: MappedColumn, imports: Imports): string | null {
  if (!split) return null
  imports.add('crudauth/hashes', split.format)
  const names = split.names.join(', ')
  const parts = split.parts.map((part) => quoteText(propertyOf(orm, part))).join(', ')
  // Kysely does not see what a column takes.
  const unset = orm === 'drizzle' || split.unset === null ? '' : `, unset: ''`
  return `{ property: ${quoteText(propertyOf(orm, column))}, parts: [${parts}], text: (${names}) => ${split.format}.compose({ ${names} })${unset} }`
}

function newKeyLines({ newKey }: Plan, imports: Imports): string[] {
  if (newKey === null) return []
  imports.add('node:crypto', newKey.crypto)
  return [`    newKey: ${newKey.code},`]
}

/** The columns that log in, recover, or say who somebody is at a provider. */
function uniqueColumns({ map, table, ours }: Plan): string[] {
  return ['email', 'username', 'googleId', 'githubId'].flatMap((field) => {
    const mapped = map[field as keyof typeof map]
    if (!mapped) return []
    if (mapped.folded) return [mapped.folded.column]
    return uniquenessIn(table, mapped.column, ours) === 'no' ? [] : [mapped.column]
  })
}

/** Whether Prisma's types know that they are. */
function isUniqueAlone(plan: Plan): boolean {
  return uniqueColumns(plan).every(
    (column) => uniquenessIn(plan.table, column) === 'yes' && !isPartial(plan, column),
  )
}

function isPartial({ table }: Plan, column: string): boolean {
  return !table.uniqueKeys.some(
    (key) => !key.where && !key.folds && key.columns.length === 1 && key.columns[0] === column,
  )
}

function keyLine(
  { table, orm }: Plan,
  name: string | undefined,
  option: string,
  usual: string,
): string[] {
  const column = name === undefined ? undefined : columnNamed(table, name)
  if (!column) return []
  const seen = typeIn(orm, table.dialect, column)
  const kind =
    column.type === 'bigint'
      ? seen === 'string'
        ? 'bigint-text'
        : 'bigint-number'
      : column.sqlType === 'uuid'
        ? 'uuid'
        : column.type === 'string'
          ? 'text'
          : table.dialect === 'sqlite' || /unsigned/.test(column.sqlType)
            ? 'bigint-number'
            : 'integer'
  return kind === usual ? [] : [`    ${option}: '${kind}',`]
}

/** What registration writes besides. */
function otherLines({ newValues, map }: Plan): string[] {
  const mapped = new Set(Object.values(map).map(({ column }) => column))
  const others = newValues.map(({ column }) => column).filter((column) => !mapped.has(column))
  return others.length === 0 ? [] : [`    others: [${others.map(quoteText).join(', ')}],`]
}

function columnLines(plan: Plan, imports: Imports): string[] {
  const { orm, map, table, ours } = plan
  const lines = Object.entries(map).flatMap(([field, mapped]) => {
    if (field === 'hashedPassword' && plan.elsewhere) return []
    const property = propertyOf(orm, mapped.column)
    const entry = entryOf(orm, mapped, property, imports)
    if (entry !== null) return [`      ${field}: ${entry},`]
    const folds = uniquenessIn(table, mapped.column, ours) === 'folded'
    if (folds && (field === 'email' || field === 'username')) {
      return [`      ${field}: { property: ${quoteText(property)}, ignoreCase: true },`]
    }
    const isSame = property === field && orm !== 'kysely'
    return isSame ? [] : [`      ${field}: ${quoteText(property)},`]
  })
  lines.push(...plan.unmapped.map((field) => `      ${field}: null,`))
  return lines.length === 0 ? [] : ['    columns: {', ...lines, '    },']
}

function entryOf(
  orm: Orm,
  mapped: MappedColumn,
  property: string,
  imports: Imports,
): string | null {
  const { codec, folded, split } = mapped
  if (split) return splitEntry(orm, mapped, imports)
  if (codec) {
    imports.add('crudauth', codec.kind)
    return `{ property: ${quoteText(property)}, codec: ${codeOf(codec)} }`
  }
  if (!folded) return null
  const copy = quoteText(propertyOf(orm, folded.column))
  return `{ property: ${quoteText(property)}, folded: { property: ${copy}, to: '${folded.to}' } }`
}

function whereLines(plan: Plan, imports: Imports): string[] {
  if (plan.conditions.length === 0) return []
  switch (plan.orm) {
    case 'drizzle':
      return [`    where: ${drizzleWhere(plan, imports)},`]
    case 'kysely':
      return [`    where: (eb) => ${kyselyWhere(plan, imports)},`]
    case 'prisma':
      return [`    where: ${prismaWhere(plan)},`]
  }
}

function drizzleWhere({ conditions, table, orm }: Plan, imports: Imports): string {
  const store = tableIn(orm, table.name)
  const use = (name: string) => {
    imports.add('drizzle-orm', name)
    return name
  }
  const parts = conditions.map(({ column, allowed, form, none }) => {
    const name = propertyOf(orm, column)
    const of = /^[A-Za-z_$][\w$]*$/.test(name) ? `${store}.${name}` : `${store}[${quoteText(name)}]`
    if (typeof allowed === 'string') {
      const than = use(allowed === 'past' ? 'lte' : 'gt')
      const never = none === undefined ? '' : `${use('eq')}(${of}, ${literal(none)}), `
      return `${use('or')}(${use('isNull')}(${of}), ${never}${than}(${of}, ${use('sql')}\`${nowIn(form, table.dialect)}\`))`
    }
    const values = allowed.filter((one) => one !== null)
    const same =
      values.length === 0
        ? []
        : values.length === 1
          ? [`${use('eq')}(${of}, ${literal(values[0] as Literal)})`]
          : [`${use('inArray')}(${of}, [${values.map(literal).join(', ')}])`]
    const all = allowed.includes(null) ? [`${use('isNull')}(${of})`, ...same] : same
    return all.length === 1 ? (all[0] ?? '') : `${use('or')}(${all.join(', ')})`
  })
  const whole = parts.length === 1 ? (parts[0] ?? '') : `${use('and')}(${parts.join(', ')})`
  // `and` and `or` may be of nothing, for their types.
  return /^(?:and|or)\(/.test(whole) ? `${whole}!` : whole
}

function kyselyWhere({ conditions, table, orm }: Plan, imports: Imports): string {
  const parts = conditions.map(({ column, allowed, form, none }) => {
    const of = quoteText(propertyOf(orm, column))
    if (typeof allowed === 'string') {
      imports.add('kysely', 'sql')
      const never = none === undefined ? '' : `eb(${of}, '=', ${literal(none)}), `
      return `eb.or([eb(${of}, 'is', null), ${never}eb(${of}, '${allowed === 'past' ? '<=' : '>'}', sql<never>\`${nowIn(form, table.dialect)}\`)])`
    }
    const values = allowed.filter((one) => one !== null)
    const type = columnNamed(table, column)?.type
    // A flag of SQLite is a number, which no text equals, and the types say text of it.
    const spelled = (one: Literal) => {
      if (table.dialect !== 'sqlite' || type === 'string' || typeof one !== 'string') {
        return literal(one)
      }
      imports.add('kysely', 'sql')
      return `sql<string>\`${Number(one)}\``
    }
    const all = [
      ...(allowed.includes(null) ? [`eb(${of}, 'is', null)`] : []),
      ...(values.length === 1 ? [`eb(${of}, '=', ${spelled(values[0] as Literal)})`] : []),
      ...(values.length > 1 ? [`eb(${of}, 'in', [${values.map(literal).join(', ')}])`] : []),
    ]
    return all.length === 1 ? (all[0] ?? '') : `eb.or([${all.join(', ')}])`
  })
  return parts.length === 1 ? (parts[0] ?? '') : `eb.and([${parts.join(', ')}])`
}

function prismaWhere({ conditions, orm, table }: Plan): string {
  const parts = conditions.map(({ column, allowed, form, none }: Condition) => {
    const name = propertyOf(orm, column)
    if (typeof allowed === 'string') {
      const found = columnNamed(table, column)
      const isBigint = found !== undefined && typeIn(orm, table.dialect, found) === 'bigint'
      const all = [
        // A field that has to have a value is compared with no null.
        ...(found?.nullable ? [`{ ${name}: null }`] : []),
        ...(none === undefined ? [] : [`{ ${name}: ${literal(none)} }`]),
        `{ ${name}: { ${allowed === 'past' ? 'lte' : 'gt'}: ${momentNow(form, isBigint)} } }`,
      ]
      return all.length === 1 ? (all[0] ?? '') : `{ OR: [${all.join(', ')}] }`
    }
    const values = allowed.filter((one) => one !== null)
    const all = [
      ...(allowed.includes(null) ? [`{ ${name}: null }`] : []),
      ...(values.length === 1 ? [`{ ${name}: ${literal(values[0] as Literal)} }`] : []),
      ...(values.length > 1 ? [`{ ${name}: { in: [${values.map(literal).join(', ')}] } }`] : []),
    ]
    return all.length === 1 ? (all[0] ?? '') : `{ OR: [${all.join(', ')}] }`
  })
  const whole = parts.length === 1 ? (parts[0] ?? '') : `{ AND: [${parts.join(', ')}] }`
  const isMoment = conditions.some(({ allowed }) => typeof allowed === 'string')
  return isMoment ? `() => (${whole})` : whole
}

/** The current moment in the form of a field, as JavaScript. */
function momentNow(form: SeenForm | undefined, isBigint: boolean): string {
  switch (form) {
    case 'seconds':
    case 'milliseconds': {
      const count = form === 'seconds' ? 'Math.floor(Date.now() / 1000)' : 'Date.now()'
      return isBigint ? `BigInt(${count})` : count
    }
    case 'iso':
      return 'new Date().toISOString()'
    case 'text':
      return "new Date().toISOString().slice(0, 19).replace('T', ' ')"
    default:
      return 'new Date()'
  }
}

/** The current moment in the form of a column, as SQL. */
function nowIn(form: SeenForm | undefined, dialect: Dialect): string {
  if (form !== 'seconds' && form !== 'milliseconds') return 'current_timestamp'
  const seconds = {
    postgresql: 'extract(epoch from current_timestamp)',
    mysql: 'unix_timestamp()',
    sqlite: "cast(strftime('%s', 'now') as integer)",
  }[dialect]
  return form === 'seconds' ? seconds : `${seconds} * 1000`
}

/** Said where the default would take in a field that is not unique. */
function identityLines({ map, identity }: Plan): string[] {
  const present = (['email', 'username'] as const).filter((field) => map[field] !== undefined)
  const names = identity.login.map((name) => `'${name}'`).join(', ')
  const recovery = map.email !== undefined && !identity.recovers ? ', recovery: null' : ''
  if (present.length === identity.login.length && recovery === '') return []
  return [`  identity: { login: [${names}]${recovery} },`]
}

function registrationLines(values: readonly NewValue[], orm: Orm, imports: Imports): string[] {
  if (values.length === 0) return []
  const line = ({ column, code }: NewValue) => {
    const name = propertyOf(orm, column)
    return `${identifier(name) === name ? name : quoteText(name)}: ${code}`
  }
  for (const { crypto } of values) if (crypto) imports.add('node:crypto', crypto)
  const fixed = values.filter(({ varies }) => !varies).map(line)
  const varying = values.filter(({ varies }) => varies).map(line)
  return [
    '  registration: {',
    ...(fixed.length > 0 ? [`    newUserDefaults: { ${fixed.join(', ')} },`] : []),
    ...(varying.length > 0 ? [`    newUserFields: () => ({ ${varying.join(', ')} }),`] : []),
    '  },',
  ]
}
