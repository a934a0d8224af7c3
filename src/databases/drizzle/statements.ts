/**
 * The statements of a store through any of Drizzle's drivers.
 *
 * Lookups and increments are compiled once per property and kept; what is written differs from
 * call to call and is not on the hot path. Nothing is asked of `RETURNING`, which MySQL does not
 * have, and which shows a row before its triggers have run.
 */
import type { Column, SQL, Table } from 'drizzle-orm'
// The package's own index loads half of PostgreSQL's dialect.
import { and, eq, isNull, sql } from 'drizzle-orm/sql'
import { andThen, type Eventually, orElse } from '../../eventually.ts'
import type { TableDescription } from '../table/description.ts'
import { statementError } from '../table/errors.ts'
import { onlyRow, readBack } from '../table/identify.ts'
import { insertAlone } from '../table/insert.ts'
import type {
  During,
  Pair,
  Row,
  SingleStatements,
  TableScope,
  TransactionalStatements,
  Values,
} from '../table/statements.ts'
import { DrizzlePart, pairsOf, theirTenant, unplanned } from './beside.ts'
import { bytesAre, type Joined, readWith } from './joined.ts'
import { type Prepared, type Query, type QueryDatabase, type Runner, runnerFor } from './runner.ts'
import { columnsOf, isOfKind } from './structure.ts'
import { transactionsOf } from './transactions.ts'

export interface StatementOptions {
  /** The property of the primary key. */
  readonly id: string
  /** The properties of the primary key and of another table's. */
  readonly keys: readonly string[]
  readonly tenant: string | undefined
  readonly ignoreCase: ReadonlySet<string>
  /** A condition that every row of ours meets. */
  readonly where: SQL | undefined
  /** Whether PostgreSQL keeps the plans of prepared statements. */
  readonly prepare: boolean
  readonly description: TableDescription
  /** What is read with every row, out of another table. */
  readonly joined?: Joined | undefined
}

export function drizzleStatements(
  database: unknown,
  table: Table,
  { id, keys, tenant, ignoreCase, where, prepare, description, joined }: StatementOptions,
): TransactionalStatements {
  // A replica may not have heard of a revocation yet.
  const db = ((database as { $primary?: unknown }).$primary ?? database) as QueryDatabase
  const transact = transactionsOf(database)
  const runner: Runner = runnerFor(database, description.dialect, prepare)
  const columns = columnsOf(table)
  const column = (property: string) => columns[property] as Column

  const attempt = <Value>(work: () => Eventually<Value>, values: () => Values): Eventually<Value> =>
    orElse(work, (error) => {
      throw statementError(error, description, Object.values(values()))
    })
  /** The rows of a query, which is prepared when it is first asked: some drivers look at once. */
  const asked = (
    prepared: () => Prepared,
    parameters: Row,
    values: readonly unknown[],
  ): Eventually<readonly Row[]> => {
    const failed = (error: unknown) => {
      throw statementError(error, description, values)
    }
    let query: Prepared
    try {
      query = prepared()
    } catch (error) {
      return failed(error)
    }
    return query.rows(parameters, failed)
  }
  // Drizzle encodes a bare placeholder for no column: a key of a custom type would never be found.
  const placeholder = (property: string, name: string) =>
    sql.param(sql.placeholder(name), column(property))
  const bound = (property: string, name: string, isJoined = false): SQL =>
    ignoreCase.has(property) && description.dialect !== 'mysql'
      ? sql`lower(${column(property)}) = lower(${placeholder(property, name)})`
      : isJoined && description.dialect === 'sqlite'
        ? sql`${column(property)} = ${unplanned(placeholder(property, name))}`
        : eq(column(property), placeholder(property, name))
  /**
   * MySQL's collations would take a text for another that differs in case, in accents, or in spaces
   * at its end. In one character set, since the column's may not be the connection's.
   */
  const sameBytes = (property: string, value: SQL): SQL | undefined =>
    description.dialect === 'mysql' ? bytesAre(column(property), value) : undefined
  const ours = (name = 'tenant', isJoined = false) =>
    tenant === undefined
      ? [where]
      : [
          bound(tenant, name, isJoined),
          isText(tenant) ? sameBytes(tenant, sql`${placeholder(tenant, name)}`) : undefined,
          where,
        ]
  const isText = (property: string) => description.columns.get(property)?.type === 'string'

  const fields = joined && { ...columns, ...readWith(joined, column(id), description) }
  const selectFrom = (target: QueryDatabase) =>
    (fields === undefined ? target.select() : target.select(fields)).from(table)

  const part = new DrizzlePart({
    database: db,
    table,
    id,
    description,
    fields: fields ?? columns,
    prepare,
    where,
    ours: (name) => ours(name, true),
  })

  // By property alone where that is all: a text that is put together is hashed for every check.
  const lookups = new Map<string, Prepared>()
  const counters = new Map<string, Prepared>()
  const unions = new Map<string, Prepared>()

  // Without a limit: the property is unique, and Drizzle's limit costs more than the query.
  const other = (also: string, isEmpty: boolean) =>
    isEmpty ? isNull(column(also)) : bound(also, 'also')
  const lookup = (property: string, also: string | undefined, isEmpty: boolean) =>
    once(lookups, also === undefined ? property : `${property} and ${also} ${isEmpty}`, () =>
      runner.prepare(
        selectFrom(db).where(
          and(
            bound(property, 'value'),
            also === undefined ? undefined : other(also, isEmpty),
            ...ours(),
          ),
        ),
      ),
    )

  /** The keys that each lookup finds by an index of its own; then the rows, under their keys. */
  const union = (properties: readonly string[]) =>
    once(unions, JSON.stringify(properties), () => {
      const keysOf = properties.map((property, n) => {
        const condition = and(bound(property, `value ${n}`), ...ours())
        return sql`select ${column(id)} as ${found.key} from ${table} where ${condition}`
      })
      return runner.prepare(
        db
          .select(fields ?? columns)
          .from(table)
          .innerJoin(
            sql`(${sql.join(keysOf, sql` union all `)}) ${found.all}`,
            sql`${found.all}.${found.key} = ${column(id)}`,
          )
          .where(and(...ours())),
      )
    })

  const touches = Object.entries(columns).flatMap(([property, { onUpdateFn }]) =>
    onUpdateFn ? [{ property, value: onUpdateFn }] : [],
  )
  // A kept statement must not keep the moment at which it was made. SQL cannot be a parameter, so a
  // table that touches its rows with SQL has its statement built for every call.
  const keepsCounters = touches.every(({ value }) => !isOfKind(value(), 'SQL'))
  const counter = (property: string) => {
    const build = () => {
      const target = column(property)
      // An empty counter counts as 0: NULL + 1 is NULL, and a revocation would do nothing.
      const next = sql`case when ${target} >= ${sql.placeholder('wrapAt')} then 0 else coalesce(${target}, 0) + 1 end`
      const touched = keepsCounters
        ? touches.map((touch) => [touch.property, sql.placeholder(`touch ${touch.property}`)])
        : []
      return runner.prepare(
        db
          .update(table)
          .set({ ...Object.fromEntries(touched), [property]: next })
          .where(and(bound(id, 'key'), ...ours())),
      )
    }
    return keepsCounters ? once(counters, property, build) : build()
  }

  /** Inserts and reads back what is there now; in one turn where the driver is synchronous. */
  const insertInto = (
    target: QueryDatabase,
    values: Values,
    scope: TableScope,
  ): Eventually<Row> => {
    const complete = withDefaults(values)
    return andThen(runner.run(target.insert(table).values(complete)), (result) =>
      backFrom(target, complete, scope, result),
    )
  }
  const backFrom = (target: QueryDatabase, values: Values, scope: TableScope, result: unknown) => {
    const inserted = { id, keys, values, insertedId: runner.insertedId(result) }
    return readBack(description, inserted, (property, value) =>
      rowsWith(target, property, value, scope),
    )
  }
  const rowsWith = (
    target: QueryDatabase,
    property: string,
    value: unknown,
    scope: TableScope,
  ): Eventually<readonly Row[]> => {
    // Under a partial index a row outside of `where` may have the same value.
    const conditions = [eq(column(property), value), tenantIs(scope), where]
    return runner.rows(selectFrom(target).where(and(...conditions)))
  }
  /**
   * Defaults that the schema computes, computed here, so that a key is known before it is needed.
   */
  const withDefaults = (values: Values): Values => {
    const { defaultFn } = column(id) ?? {}
    return defaultFn && values[id] === undefined ? { ...values, [id]: defaultFn() } : values
  }
  const tenantIs = ({ tenant: value }: TableScope): SQL | undefined =>
    tenant === undefined ? undefined : is_(tenant, value)
  const is_ = (property: string, value: unknown): SQL | undefined => {
    if (value === null) return isNull(column(property))
    const same = eq(column(property), value)
    return typeof value === 'string'
      ? and(same, sameBytes(property, sql`${sql.param(value, column(property))}`))
      : same
  }

  /** The row with this key, if it is as it is said to be. */
  const the = (key: unknown, scope: TableScope, when: Values): SQL | undefined => {
    const conditions = Object.entries(when).map(([property, value]) => is_(property, value))
    const isKey = isText(id) ? is_(id, key) : eq(column(id), key)
    return and(isKey, tenantIs(scope), where, ...conditions)
  }
  const single = (target: QueryDatabase): SingleStatements => {
    const written = (query: Query, values: Values) =>
      andThen(
        attempt(
          () => runner.run(query),
          () => values,
        ),
        (result) => runner.affected(result) > 0,
      )
    return {
      hold: (key, scope, when) => {
        const query = target
          .select({ [id]: column(id) })
          .from(table)
          .where(the(key, scope, when))
        // SQLite has one writer: who has read before another wrote is refused and tries again.
        const locking = query.for?.('update') ?? query
        return attempt(
          () => andThen(runner.rows(locking), (rows) => rows.length > 0),
          () => when,
        )
      },
      insert: (values) =>
        attempt(
          () => runner.run(target.insert(table).values(withDefaults(values))),
          () => values,
        ),
      update: (key, values, scope, when) =>
        written(
          target
            .update(table)
            .set(values)
            .where(the(key, scope, when)),
          { ...values, ...when },
        ),
      delete: (key, scope, when) =>
        written(target.delete(table).where(the(key, scope, when)), when),
    }
  }

  return {
    transactions: runner.isSync ? 'sync' : 'async',

    select: (property, value, scope, also) =>
      asked(
        () => lookup(property, also?.[0], also?.[1] === null),
        { value, also: also?.[1], tenant: scope.tenant },
        [value, also?.[1]],
      ),

    beside: { part },

    selectWith(reference, beside) {
      const pairs = pairsOf(part, reference, beside.part)
      if (pairs === null) return null
      const prepared = new Map<string, Prepared>()
      const queryBy = (property: string) =>
        once(prepared, property, () =>
          runner.prepare(pairs(and(bound(property, 'value', true), ...ours('tenant', true)))),
        )
      return (property, value, scope, theirs) =>
        asked(
          () => queryBy(property),
          { value, tenant: scope.tenant, [theirTenant]: theirs.tenant },
          [value],
        ) as unknown as Eventually<readonly Pair[]>
    },

    selectEach: (wanted, scope) => {
      const values = Object.fromEntries(wanted.map(([, value], n) => [`value ${n}`, value]))
      return asked(
        () => union(wanted.map(([property]) => property)),
        { ...values, tenant: scope.tenant },
        Object.values(values),
      )
    },

    async insert(values, scope, during) {
      // One that does not meet the condition is taken back.
      const work = during ?? (where && (() => undefined))
      if (work) return withinTransaction(values, scope, work)
      const asError = (error: unknown) => statementError(error, description, Object.values(values))
      const complete = withDefaults(values)
      return insertAlone(async (write) => {
        const result = await write(async () => runner.run(db.insert(table).values(complete)))
        return backFrom(db, complete, scope, result)
      }, asError)
    },

    update: async (...call) => single(db).update(...call),

    delete: async (...call) => single(db).delete(...call),

    within: (transaction) => single(transaction as QueryDatabase),

    async inTransaction(work) {
      let own: { readonly error: unknown } | undefined
      const ours = (error: unknown): never => {
        own = { error }
        throw error
      }
      try {
        return await transact((transaction) => orElse(() => work(transaction), ours))
      } catch (error) {
        throw own ? own.error : statementError(error, description)
      }
    },

    async increment(key, property, wrapAt, scope) {
      const parameters: Row = { key, wrapAt, tenant: scope.tenant }
      for (const touch of touches) parameters[`touch ${touch.property}`] = touch.value()
      const failed = (error: unknown) => {
        throw statementError(error, description)
      }
      return runner.affected(await counter(property).run(parameters, failed)) > 0
    },
  }

  async function withinTransaction(
    values: Values,
    scope: TableScope,
    during: During,
  ): Promise<Row> {
    // What the work throws is the application's own: it passes through as it is.
    let own: { readonly error: unknown } | undefined
    const ours = (error: unknown): never => {
      own = { error }
      throw error
    }
    try {
      return await transact((transaction) =>
        andThen(insertInto(transaction, values, scope), (row) => {
          // What the work caught may have ended the transaction all the same: PostgreSQL then takes
          // a commit for a rollback, and says so to nobody. The row must still be there.
          const again = () =>
            andThen(rowsWith(transaction, id, row[id], scope), (rows) => onlyRow(description, rows))
          try {
            const done = during(transaction, row)
            if (runner.isSync) refusePromise(done)
            else if (done) return Promise.resolve(done).then(again, ours)
          } catch (error) {
            ours(error)
          }
          return again()
        }),
      )
    } catch (error) {
      throw own ? own.error : statementError(error, description, Object.values(values))
    }
  }
}

/** Names of ours inside of a statement, which no condition of the application's means. */
const found = {
  all: sql.identifier('crudauth_found'),
  key: sql.identifier('crudauth_key'),
}

/** @throws Error when the work is not done: the transaction would end before it. */
function refusePromise(result: unknown): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return
  // Its later failure is nobody's. A query is left alone: to ask it would run it.
  if (result instanceof Promise) result.catch(() => undefined)
  throw new Error(
    'crudauth: hooks.registering returned a promise or a query that was not run, but this database driver has synchronous transactions; make the hook synchronous and end its queries with .run()',
  )
}

function once<Kept>(kept: Map<string, Kept>, key: string, make: () => Kept): Kept {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  kept.set(key, made)
  return made
}
