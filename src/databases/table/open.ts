/**
 * A table, opened for one of our stores: mapped, confined to its tenant, and asked only for values
 * that it can hold.
 */

import { andThen, type Eventually, isPromise, orElse } from '../../eventually.ts'
import type { Declaration } from '../../options/declare.ts'
import { callback, type Option, optional } from '../../options/option.ts'
import type { FindWithUser } from '../../rows/row-store.ts'
import {
  type ColumnMap,
  type MappedFields,
  type ResolvedMap,
  resolveColumnMap,
} from '../../users/column-map.ts'
import {
  type DatabasePool,
  type FindRow,
  RejectedValue,
  type UserColumn,
  type UserScope,
  type UserStore,
  type UsersBeside,
} from '../../users/store.ts'
import { findWithUser, type TableBeside, type Wanted } from './beside.ts'
import { composedHash } from './composed-hash.ts'
import type { TableColumn, TableDescription } from './description.ts'
import { DatabaseError } from './errors.ts'
import { keyProblems } from './key-problems.ts'
import { type Lookup, largeKeyCheck } from './large-keys.ts'
import { repeatedAfter, repeating } from './repeat.ts'
import type { During, Row, Statements, TableScope, Values } from './statements.ts'
import { canHold, exactly, fromText, hasText, isSeveral, isTold } from './values.ts'

export interface TableOptions {
  /** Which adapter, for descriptions: `drizzle`. */
  readonly adapter: string
  /** What is wrong with the options that the adapter was given, one sentence each. */
  readonly misshapen?: readonly string[]
  readonly columns: ColumnMap
  readonly factors?: ColumnMap
  readonly tenant: string | undefined
  /** Makes the primary key of a new row. Default: the table, the ORM or the database does. */
  readonly newKey?: NewKey | undefined
}

/** Makes primary keys: `() => ulid()`. */
export type NewKey = () => string | number | bigint

/** The same as an option of each adapter. */
export const newKeyOption: Option<NewKey | undefined> = optional(callback<NewKey>('() => ulid()'))

export interface OpenTable<Field extends string> extends ResolvedMap<Field> {
  /** What the adapter is, for descriptions: `drizzle (sqlite)`. */
  readonly name: string
  /** As the database knows it. */
  readonly table: string
  readonly columns: ReadonlyMap<string, UserColumn>
  readonly tenants: boolean
  readonly conditionOn?: readonly string[] | undefined
  /** Default: nothing is known of it. */
  readonly pool?: DatabasePool | undefined
  readonly transactions: 'none' | 'sync' | 'async'
  readonly init?: (() => Promise<void>) | undefined
  readonly beside?: UsersBeside | undefined
  readonly find: FindRow<Row>
  withUsers(users: UserStore, reference: string): FindWithUser | null
  list(property: string, value: unknown, scope: UserScope, empty?: string): Promise<readonly Row[]>
  insert(values: Values, scope: UserScope, during?: During): Promise<Row>
  update(id: unknown, values: Values, scope: UserScope, when?: Values): Promise<boolean>
  delete(id: unknown, scope: UserScope, when?: Values): Promise<boolean>
  increment(id: unknown, property: string, wrapAt: number, scope: UserScope): Promise<boolean>
}

/** The options of an adapter, of which only the shape is judged before the table is. */
export type AdapterOptions<Options extends object> = Declaration<{
  readonly [Name in keyof Options]-?: Options[Name] | undefined
}>

/** How an adapter builds its statements, once the map is known. */
export type BuildStatements = (known: {
  /** The property of the primary key. */
  readonly id: string
  /** The properties of the primary key and of another table's, of which there may be none. */
  readonly keys: readonly string[]
  readonly tenant: string | undefined
  /** The properties that are compared without regard to case. */
  readonly ignoreCase: ReadonlySet<string>
}) => Statements

export function openTable<Field extends string>(
  description: TableDescription,
  { adapter, misshapen = [], columns: wanted, factors = {}, tenant, newKey }: TableOptions,
  fields: MappedFields<Field | 'id'>,
  build: BuildStatements,
): OpenTable<Field | 'id'> {
  const { name, caselessKeys } = description
  const resolved = resolveColumnMap(name, description.columns, { columns: wanted, factors }, fields)
  const id: string = (resolved.map as { readonly id?: string }).id ?? 'id'
  // An index on `lower(column)` keeps rows apart, and serves the lookups that ignore case.
  const isUnique = ({ property, unique }: TableColumn): boolean => {
    const copy = resolved.folded.get(property)
    if (copy) return description.columns.get(copy.property)?.unique ?? false
    // A login name may be the primary key itself.
    const isKey = property === id && description.keys.has(property)
    return unique || isKey || (resolved.ignoreCase.has(property) && caselessKeys.has(property))
  }
  const copies = new Set([...resolved.folded.values()].map(({ property }) => property))
  const { split } = resolved
  const seen = [...description.columns].filter(([property]) => !split?.parts.includes(property))
  const columns: ReadonlyMap<string, TableColumn> = new Map(
    seen.map(([property, column]) => [
      property,
      // The tenant, folded copies and keys of the application's making are filled in here.
      {
        ...column,
        unique: isUnique(column),
        hasDefault:
          column.hasDefault ||
          property === tenant ||
          copies.has(property) ||
          (newKey !== undefined && property === id),
      },
    ]),
  )
  const keys = fields.keys.map((field) => resolved.map[field]).filter((key) => key !== undefined)
  const built = build({ id, keys, tenant, ignoreCase: resolved.ignoreCase })
  /** What `find` repeats itself, in the promise in which it judges. */
  const once = split ? composedHash(built, id, split) : built
  const statements = repeating(once)

  /** `null` for a tenant that no row could have: it has nobody. */
  const confined = ({ tenant: text }: UserScope): TableScope | null => {
    if (tenant === undefined) return {}
    if (typeof text !== 'string') {
      throw new Error(
        `crudauth: ${name} is partitioned by '${tenant}', but the call names no tenant`,
      )
    }
    // A database would store a lone surrogate as another character: two tenants would be one.
    if (!text.isWellFormed() || text.includes('\0')) {
      throw new Error(`crudauth: the tenant of a call on ${name} is not Unicode text`)
    }
    const value = fromText(columns.get(tenant), text)
    return value === null ? null : { tenant: value }
  }
  const confinedToWrite = (scope: UserScope): TableScope => {
    const found = confined(scope)
    if (found) return found
    throw new Error(`crudauth: the tenant of a call on ${name} is none that '${tenant}' can hold`)
  }
  /** One value for each column. PostgreSQL has columns of lists. */
  const single = (values: Values) => {
    if (description.dialect === 'postgresql') return
    for (const [property, value] of Object.entries(values)) {
      if (!isSeveral(columns.get(property), value)) continue
      throw new DatabaseError(
        `crudauth: the value for '${property}' of ${name} is not a single one`,
      )
    }
  }
  const holds = (property: string, value: unknown) => canHold(columns.get(property), value)
  /** Where a value is looked up: under its folded copy, where it has one. */
  const lookedUp = (property: string, value: unknown): readonly [string, unknown] => {
    const copy = resolved.folded.get(property)
    return copy ? [copy.property, foldedTo(copy.to, value)] : [property, value]
  }
  /** The copies are written with what they are copies of. */
  const withCopies = (values: Values): Values => {
    const written = [...resolved.folded].flatMap(([property, copy]) =>
      Object.hasOwn(values, property)
        ? [[copy.property, foldedTo(copy.to, values[property])] as const]
        : [],
    )
    return written.length === 0 ? values : { ...values, ...Object.fromEntries(written) }
  }
  /**
   * The rows under the database's own comparison, of this tenant alone: `acme ` may be `acme`
   * there.
   */
  const select = (
    property: string,
    value: unknown,
    scope: TableScope,
    also?: Lookup,
  ): Eventually<readonly Row[]> => {
    const rows = selected(property, value, scope, also)
    return tenant === undefined ? rows : andThen(rows, (found) => ofTenant(found, scope))
  }
  const ofTenant = (rows: readonly Row[], scope: TableScope): readonly Row[] =>
    tenant === undefined ? rows : rows.filter((row) => isOfTenant(row, scope))
  const isOfTenant = (row: Row, scope: TableScope): boolean =>
    tenant === undefined ||
    typeof scope.tenant !== 'string' ||
    hasText(columns.get(tenant), row[tenant], scope.tenant)
  const selected = (property: string, value: unknown, scope: TableScope, also?: Lookup) =>
    typeof value === 'string' && beyondAscii.test(value)
      ? orElse<readonly Row[]>(
          () => statements.select(property, value, scope, also),
          (error) => {
            if (isOfNobody(error, value)) return []
            throw error
          },
        )
      : statements.select(property, value, scope, also)
  /**
   * Throws for a row whose key the column cannot hold: no write would find it again, so a
   * revocation would do nothing.
   */
  const withKey = (row: Row | null): Row | null => {
    if (row === null || holds(id, row[id])) return row
    throw new DatabaseError(
      `crudauth: the '${id}' of a row of ${name} is a ${typeof row[id]}, which is not what its column is said to hold; say what the driver makes of it (to kyselyUsers with key, such as key: 'bigint-text'). For keys above 2^53 − 1: ${description.largeKeys}`,
    )
  }
  const largeKeys = largeKeyCheck(description, keys, select)
  /** A key that the column cannot hold would be cut or refused, and the row not be found again. */
  const madeKey = (make: NewKey) => {
    const key: unknown = make()
    if (holds(id, key)) return key
    throw new DatabaseError(
      `crudauth: newKey made a ${typeof key} for '${id}' of ${name}, which its column does not hold`,
    )
  }
  /** Query builders drop what they do not know, and a write that matters would not happen. */
  const known = (...properties: readonly string[]) => {
    for (const property of properties) {
      if (!columns.has(property)) throw new Error(`crudauth: ${name} has no column '${property}'`)
    }
  }

  const lookupOf = (asked: string, given: unknown, scope: UserScope): Wanted | null => {
    known(asked)
    const [property, value] = lookedUp(asked, given)
    const confinedScope = confined(scope)
    if (confinedScope === null || !holds(property, value)) return null
    return { property, value, scope: confinedScope }
  }
  const judged = (
    rows: readonly Row[],
    { property, value, scope }: Wanted,
  ): Eventually<Row | null> => {
    const ignoreCase = resolved.ignoreCase.has(property)
    const row = exactly(rows, columns.get(property), property, value, ignoreCase)
    if (row === null) return largeKeys.missed(property, value, scope)
    return andThen(largeKeys.confirmed(row, property, value, scope), withKey)
  }
  const judgedOf = (rows: readonly Row[], lookup: Wanted) =>
    judged(ofTenant(rows, lookup.scope), lookup)
  const find = (asked: string, given: unknown, scope: UserScope): Eventually<Row | null> => {
    let lookup: Wanted | null = null
    try {
      lookup = lookupOf(asked, given, scope)
      if (lookup === null) return null
      const found = lookup
      const rows = once.select(found.property, found.value, found.scope)
      // One promise for all that may see the rows or an error of them.
      return isPromise(rows)
        ? Promise.resolve(rows).then(
            (later) => judgedOf(later, found),
            (error: unknown) => foundAfter(error, found),
          )
        : judgedOf(rows, found)
    } catch (error) {
      return lookup === null ? Promise.reject(error) : foundAfter(error, lookup)
    }
  }
  const foundAfter = async (error: unknown, lookup: Wanted): Promise<Row | null> => {
    const { property, value, scope } = lookup
    try {
      const rows = await repeatedAfter(error, () => once.select(property, value, scope))
      return await judgedOf(rows, lookup)
    } catch (again) {
      if (isOfNobody(again, value)) return judged([], lookup)
      throw again
    }
  }

  const { selectEach } = statements
  const each = selectEach && {
    async each(lookups: readonly Lookup[], scope: UserScope): Promise<readonly (Row | null)[]> {
      const one = ([property, value]: Lookup) => find(property, value, scope)
      const wanted = lookups.map(([property, value]) => lookupOf(property, value, scope))
      const sent = wanted.filter((lookup) => lookup !== null)
      // Among rows of several lookups only texts tell which row is whose.
      const areTold = sent.every(({ property, value }) => isTold(columns.get(property), value))
      const [first] = sent
      if (first === undefined || sent.length < 2 || !areTold) return Promise.all(lookups.map(one))
      let rows: readonly Row[]
      try {
        const asked = sent.map(({ property, value }) => [property, value] as const)
        rows = await selectEach(asked, first.scope)
      } catch (error) {
        // One of the columns does not take its value; the others may.
        if (error instanceof RejectedValue) return Promise.all(lookups.map(one))
        throw error
      }
      return Promise.all(wanted.map((lookup) => (lookup === null ? null : judgedOf(rows, lookup))))
    },
  }

  return {
    ...resolved,
    problems: [...misshapen, ...resolved.problems, ...keyProblems(description, resolved, tenant)],
    name: `${adapter} (${description.dialect})`,
    table: description.name,
    columns,
    tenants: tenant !== undefined,
    conditionOn: description.conditionOn,
    transactions: statements.transactions,
    init: built.init,

    beside: statements.beside && {
      find,
      table: {
        statements: statements.beside,
        confined,
        isFoundBy: (row, reference, scope) => {
          const key =
            typeof reference === 'string' ? fromText(columns.get(id), reference) : reference
          return row[id] === key && holds(id, key) && isOfTenant(row, scope)
        },
      } satisfies TableBeside,
    },

    find: Object.assign(find, each),

    withUsers(users, reference) {
      // A store that was given another `find` decides by that who is found.
      if (users.beside?.find !== users.find || this.find !== find) return null
      known(reference)
      const theirs = users.beside.table as TableBeside
      const select = statements.selectWith?.(reference, theirs.statements)
      const finding = { find, wanted: lookupOf, judged: judgedOf }
      return select ? findWithUser(finding, select, reference, theirs) : null
    },

    async list(property, value, scope, empty) {
      known(property, ...(empty === undefined ? [] : [empty]))
      const confinedScope = confined(scope)
      if (confinedScope === null || !holds(property, value)) return []
      const also: Lookup | undefined = empty === undefined ? undefined : [empty, null]
      const rows = await select(property, value, confinedScope, also)
      const exact = rows.filter((row) =>
        exactly([row], columns.get(property), property, value, false),
      )
      const sure = await Promise.all(
        exact.map((row) => largeKeys.confirmed(row, property, value, confinedScope)),
      )
      return sure.filter((row) => row !== null)
    },

    async insert(values, scope, during) {
      known(...Object.keys(values))
      const confinedScope = confinedToWrite(scope)
      single(values)
      const complete = {
        ...(newKey === undefined || values[id] !== undefined ? {} : { [id]: madeKey(newKey) }),
        ...values,
        ...(tenant === undefined ? {} : { [tenant]: confinedScope.tenant }),
      }
      return statements.insert(withCopies(complete), confinedScope, during)
    },

    async update(key, values, scope, when = {}) {
      known(...Object.keys(values), ...Object.keys(when))
      single(values)
      const confinedScope = confined(scope)
      if (
        tenant !== undefined &&
        Object.hasOwn(values, tenant) &&
        values[tenant] !== confinedScope?.tenant
      ) {
        throw new Error(`crudauth: an update cannot move a row of ${name} to another tenant`)
      }
      return (
        confinedScope !== null &&
        holds(id, key) &&
        statements.update(key, withCopies(values), confinedScope, when)
      )
    },

    async delete(key, scope, when = {}) {
      known(...Object.keys(when))
      const confinedScope = confined(scope)
      return confinedScope !== null && holds(id, key) && statements.delete(key, confinedScope, when)
    },

    async increment(key, property, wrapAt, scope) {
      known(property)
      const confinedScope = confined(scope)
      return (
        confinedScope !== null &&
        holds(id, key) &&
        statements.increment(key, property, wrapAt, confinedScope)
      )
    },
  }
}

function foldedTo(to: 'lower' | 'upper', value: unknown): unknown {
  if (typeof value !== 'string') return value
  return to === 'lower' ? value.toLowerCase() : value.toUpperCase()
}
const beyondAscii = /\P{ASCII}/u

/** A column or a database in another character set has nobody of this name. */
function isOfNobody(error: unknown, value: unknown): boolean {
  return error instanceof RejectedValue && typeof value === 'string' && beyondAscii.test(value)
}
