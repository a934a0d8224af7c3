/**
 * The statements of a store through Kysely.
 *
 * Lookups and increments are compiled once per property and kept, with marks where the values of a
 * call go.
 */
import {
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type Kysely,
  type QueryResult,
  type SqlBool,
  sql,
} from 'kysely'
import type { TableDescription } from '../table/description.ts'
import { statementError } from '../table/errors.ts'
import { onlyRow, readBack } from '../table/identify.ts'
import { insertWith, type Write } from '../table/insert.ts'
import type {
  Row,
  SingleStatements,
  TableScope,
  TransactionalStatements,
  Values,
} from '../table/statements.ts'
import { KyselyPart, pairsOf } from './beside.ts'
import { moment } from './moment.ts'

/** Inside, the application's table is any table. */
export type AnyDatabase = Record<string, Record<string, unknown>>
type Database = Kysely<AnyDatabase>
type Condition = Expression<SqlBool>
type Builder = ExpressionBuilder<AnyDatabase, string>

export interface StatementOptions {
  /** The column of the primary key. */
  readonly id: string
  /** The columns of the primary key and of another table's. */
  readonly keys: readonly string[]
  readonly tenant: string | undefined
  readonly ignoreCase: ReadonlySet<string>
  /** A condition that every row of ours meets. */
  readonly where: ((builder: Builder) => Condition) | undefined
  readonly timestamps: { readonly createdAt?: string; readonly updatedAt?: string }
  readonly description: TableDescription
  /** What is read with every row, out of another table. */
  readonly joined?: Joined | undefined
}

/** The row of another table that belongs to one of ours. */
export interface Joined {
  readonly table: string
  /** The column there that has the key of ours. */
  readonly key: string
  readonly isText: boolean
  /** Which rows there count. */
  readonly only: Values
  /** The names under which columns of it are read. */
  readonly names: ReadonlyMap<string, string>
}

/** Where a value of the call goes in a statement that is kept. */
interface Mark {
  readonly mark: string
}

export function kyselyStatements(
  db: Database,
  { id, keys, tenant, ignoreCase, where, timestamps, description, joined }: StatementOptions,
): TransactionalStatements {
  const { name, dialect } = description
  const mark = (of: string): Mark => ({ mark: of })

  const same = (build: Builder, column: string, value: unknown): Condition => {
    if (value === null) return build(column, 'is', null)
    const equal = build(column, '=', value)
    return dialect === 'mysql' && typeof value === 'string'
      ? build.and([equal, sameBytes(column, value)])
      : equal
  }
  const lookupOf = (build: Builder, column: string, value: unknown): Condition =>
    ignoreCase.has(column) && dialect !== 'mysql'
      ? sql<SqlBool>`lower(${sql.ref(column)}) = lower(${value})`
      : build(column, '=', value)
  const isText = (column: string) => description.columns.get(column)?.type === 'string'
  const ours = (build: Builder, of: unknown): Condition[] => [
    ...(tenant === undefined ? [] : [build(tenant, '=', of)]),
    ...(tenant !== undefined && dialect === 'mysql' && isText(tenant)
      ? [sameBytes(tenant, of)]
      : []),
    ...(where ? [where(build)] : []),
  ]

  const kept = new Map<string, CompiledQuery>()
  const once = (key: string, make: () => CompiledQuery): CompiledQuery => {
    const made = kept.get(key) ?? make()
    kept.set(key, made)
    return made
  }
  const run = async (
    query: CompiledQuery,
    values: Values,
    target: Database = db,
  ): Promise<QueryResult<Row>> => {
    const parameters = query.parameters.map((one) =>
      isMark(one) ? (values[one.mark] ?? null) : one,
    )
    try {
      return await target.executeQuery<Row>({ ...query, parameters } as CompiledQuery<Row>)
    } catch (error) {
      throw statementError(error, description, Object.values(values))
    }
  }

  const selectFrom = (target: Database) => {
    const selection = target.selectFrom(name).selectAll()
    return joined ? selection.select(readWith(joined, name, id, dialect)) : selection
  }
  const lookup = (column: string, also: string | undefined, isEmpty: boolean) =>
    once(`lookup ${column}${also === undefined ? '' : ` and ${also} ${isEmpty}`}`, () =>
      selectFrom(db)
        .where((build) =>
          build.and([
            lookupOf(build, column, mark('value')),
            ...(also === undefined
              ? []
              : [isEmpty ? build(also, 'is', null) : lookupOf(build, also, mark('also'))]),
            ...ours(build, mark('tenant')),
          ]),
        )
        .compile(),
    )
  /** The keys that each lookup finds by an index of its own; then the rows, under their keys. */
  const lookups = (columns: readonly string[]) =>
    once(`lookups ${JSON.stringify(columns)}`, () => {
      const build = expressionBuilder<AnyDatabase, string>()
      const keysOf = columns.map((column, n) => {
        const condition = build.and([
          lookupOf(build, column, mark(`value ${n}`)),
          ...ours(build, mark('tenant')),
        ])
        return sql`select ${sql.ref(`${name}.${id}`)} as ${found.key} from ${sql.table(name)} where ${condition}`
      })
      const all = sql<Row>`(${sql.join(keysOf, sql` union all `)})`.as<string>(found.all)
      const selection = db
        .selectFrom(name)
        .innerJoin(all, (join) =>
          join.on(sql<SqlBool>`${found.all}.${found.key} = ${sql.ref(`${name}.${id}`)}`),
        )
        .selectAll(name)
      const whole = joined ? selection.select(readWith(joined, name, id, dialect)) : selection
      return whole.where((builder) => builder.and(ours(builder, mark('tenant')))).compile()
    })
  const counter = (column: string) =>
    once(`counter ${column}`, () => {
      const target = sql.ref(column)
      // An empty counter counts as 0: NULL + 1 is NULL, and a revocation would do nothing.
      const next = sql`case when ${target} >= ${mark('wrapAt')} then 0 else coalesce(${target}, 0) + 1 end`
      const touched =
        timestamps.updatedAt === undefined ? {} : { [timestamps.updatedAt]: mark('now') }
      return db
        .updateTable(name)
        .set({ ...touched, [column]: next })
        .where((build) => build.and([build(id, '=', mark('key')), ...ours(build, mark('tenant'))]))
        .compile()
    })
  const now = () => moment(Date.now(), dialect)

  const insertInto = async (
    target: Database,
    values: Values,
    scope: TableScope,
    write: Write,
  ): Promise<Row> => {
    const { createdAt } = timestamps
    const complete = createdAt === undefined ? values : { [createdAt]: now(), ...values }
    const { insertId } = await write(() =>
      target.insertInto(name).values(complete).executeTakeFirstOrThrow(),
    )
    const insertedId = typeof insertId === 'bigint' ? Number(insertId) : undefined
    return readBack(description, { id, keys, values: complete, insertedId }, (column, value) =>
      rowsWith(target, column, value, scope),
    )
  }
  const rowsWith = (
    target: Database,
    column: string,
    value: unknown,
    scope: TableScope,
  ): Promise<Row[]> =>
    // Under a partial index a row outside of `where` may have the same value.
    selectFrom(target)
      .where((build) => build.and([build(column, '=', value), ...ours(build, scope.tenant)]))
      .execute()

  /** The row with this key, if it is as it is said to be. */
  const the = (build: Builder, key: unknown, scope: TableScope, when: Values): Condition =>
    build.and([
      isText(id) ? same(build, id, key) : build(id, '=', key),
      ...ours(build, scope.tenant),
      ...Object.entries(when).map(([column, value]) => same(build, column, value)),
    ])

  const single = (target: Database) =>
    ({
      async hold(key, scope, when) {
        const query = target
          .selectFrom(name)
          .select(id)
          .where((build) => the(build, key, scope, when))
        // SQLite has one writer: who has read before another wrote is refused and tries again.
        const locking = dialect === 'sqlite' ? query : query.forUpdate()
        return (await run(locking.compile(), when, target)).rows.length > 0
      },

      async insert(values) {
        const { createdAt, updatedAt } = timestamps
        const moments = [createdAt, updatedAt].flatMap((column) =>
          column === undefined ? [] : [[column, now()] as const],
        )
        const query = target
          .insertInto(name)
          .values({ ...Object.fromEntries(moments), ...values })
          .compile()
        return run(query, values, target)
      },

      async update(key, values, scope, when) {
        const { updatedAt } = timestamps
        const query = target
          .updateTable(name)
          .set(updatedAt === undefined ? values : { [updatedAt]: now(), ...values })
          .where((build) => the(build, key, scope, when))
          .compile()
        return affected(await run(query, { ...values, ...when }, target))
      },

      async delete(key, scope, when) {
        const query = target
          .deleteFrom(name)
          .where((build) => the(build, key, scope, when))
          .compile()
        return affected(await run(query, when, target))
      },
    }) satisfies AsyncStatements

  // What the application wrote into its condition names columns without their table.
  const isPlain = where === undefined && joined === undefined && ignoreCase.size === 0
  const part = new KyselyPart({ database: db, id, tenant, description })

  return {
    transactions: 'async',

    beside: isPlain ? { part } : undefined,

    selectWith(reference, beside) {
      const pairs = isPlain ? pairsOf(part, reference, beside.part) : null
      if (pairs === null) return null
      const queries = new Map<string, CompiledQuery>()
      const places = {
        value: mark('value'),
        tenant: mark('tenant'),
        theirTenant: mark('theirTenant'),
      }
      return async (column, value, scope, theirs) => {
        const query = queries.get(column) ?? pairs.query(column, places)
        queries.set(column, query)
        const values = { value, tenant: scope.tenant, theirTenant: theirs.tenant }
        return (await run(query, values)).rows.map(pairs.pairOf)
      }
    },

    async select(column, value, scope, also) {
      const values = { value, also: also?.[1], tenant: scope.tenant }
      return (await run(lookup(column, also?.[0], also?.[1] === null), values)).rows
    },

    async selectEach(asked, scope) {
      const values = Object.fromEntries(asked.map(([, value], n) => [`value ${n}`, value]))
      const query = lookups(asked.map(([column]) => column))
      return (await run(query, { ...values, tenant: scope.tenant })).rows
    },

    insert: (values, scope, during) =>
      insertWith<Database>({
        direct: db,
        transaction: (work) => db.transaction().execute(work),
        insertInto: (target, write) => insertInto(target, values, scope, write),
        readAgain: async (target, row) =>
          onlyRow(description, await rowsWith(target, id, row[id], scope)),
        // One that does not meet the condition is taken back.
        during: during ?? (where && (() => undefined)),
        asError: (thrown) => statementError(thrown, description, Object.values(values)),
      }),

    update: single(db).update,

    delete: single(db).delete,

    within: (transaction) => single(transaction as Database),

    async inTransaction(work) {
      let own: { readonly error: unknown } | undefined
      try {
        return await db.transaction().execute(async (transaction) => {
          try {
            return await work(transaction)
          } catch (error) {
            own = { error }
            throw error
          }
        })
      } catch (error) {
        throw own ? own.error : statementError(error, description)
      }
    },

    async increment(key, column, wrapAt, scope) {
      const values = { key, wrapAt, tenant: scope.tenant, now: now() }
      return affected(await run(counter(column), values))
    },
  }
}

/** The same, of drivers of which all give promises. */
type AsyncStatements = {
  readonly [Name in keyof SingleStatements]: (
    ...call: Parameters<SingleStatements[Name]>
  ) => Promise<Awaited<ReturnType<SingleStatements[Name]>>>
}

/**
 * Columns of another table's row, each by a query inside of ours: whatever the application wrote
 * into its condition means its own table's columns.
 */
function readWith(
  { table, key, isText, only, names }: Joined,
  ours: string,
  id: string,
  dialect: TableDescription['dialect'],
) {
  const [reference, own] = [sql.ref(`${table}.${key}`), sql.ref(`${ours}.${id}`)]
  const kinds = Object.entries(only).map(([column, value]) =>
    value === null
      ? sql` and ${sql.ref(`${table}.${column}`)} is null`
      : sql` and ${sql.ref(`${table}.${column}`)} = ${value}`,
  )
  if (dialect === 'mysql' && isText) {
    kinds.push(
      sql` and binary convert(${reference} using utf8mb4) = binary convert(${own} using utf8mb4)`,
    )
  }
  return [...names].map(([name, column]) =>
    sql`(select ${sql.ref(`${table}.${column}`)} from ${sql.table(table)} where ${reference} = ${own}${sql.join(kinds, sql``)})`.as(
      name,
    ),
  )
}

/** Names of ours inside of a statement, which no condition of the application's means. */
const found = { all: sql.raw('crudauth_found'), key: sql.raw('crudauth_key') }

/** @throws Error for a dialect that does not tell: two people could win a conditional write. */
function affected({ numAffectedRows }: QueryResult<unknown>): boolean {
  if (numAffectedRows === undefined) {
    throw new Error(
      'crudauth: this Kysely dialect does not say how many rows a statement wrote; use one that does',
    )
  }
  return numAffectedRows > 0n
}

/**
 * MySQL's collations would take a text for another that differs in case, in accents, or in spaces
 * at its end. In one character set, since the column's may not be the connection's.
 */
function sameBytes(column: string, value: unknown): Condition {
  return sql<SqlBool>`binary convert(${sql.ref(column)} using utf8mb4) = binary convert(${value} using utf8mb4)`
}

function isMark(value: unknown): value is Mark {
  return typeof value === 'object' && value !== null && 'mark' in value
}
