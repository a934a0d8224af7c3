/**
 * The condition that every user meets, in the words of each query builder.
 */
import { type Literal, literal } from '../codecs.ts'
import { propertyOf, type SeenForm, tableIn, typeIn } from '../orm.ts'
import type { Plan } from '../plan.ts'
import { quoteText } from '../quote.ts'
import type { Condition } from '../signals.ts'
import { columnNamed, type Dialect } from '../table.ts'
import type { Imports } from './imports.ts'

export function whereLines(plan: Plan, imports: Imports): string[] {
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
      return `sql<never>\`${Number(one)}\``
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
