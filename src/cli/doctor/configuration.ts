/**
 * A users table as a module of the application configures it, for the doctor.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openedBy } from '../../users/looked-at.ts'
import type { UserStore } from '../../users/store.ts'
import type { Identity } from './diagnosis.ts'
import { type IssuerReport, issuersOf } from './issuers.ts'
import type { Dialect, InspectedTable, TableMap } from './table.ts'

export interface ConfiguredTable {
  readonly table: InspectedTable
  readonly map: TableMap
  readonly identity: Identity
  readonly problems: readonly string[]
  readonly issuers: IssuerReport
}

/**
 * Loads a module and finds the user store in it: one that it exports, or one that `crudAuth()` was
 * given while it was loaded.
 *
 * @throws Error when there is none, or whatever the module throws: a `ConfigurationError` of
 *   `crudAuth()` lists what is wrong by itself.
 */
export async function configuredTable(path: string): Promise<ConfiguredTable> {
  const { loaded, stores } = await openedBy(
    async () => (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>,
  )
  const exported = Object.values(loaded).flatMap((value) => [value, usersOf(value)])
  const store = exported.find(isUserStore) ?? stores[0]
  if (!store) {
    throw new Error(
      `${path} exports no user store and calls neither crudAuth() nor honoAuth(); export what one of them or drizzleUsers(), kyselyUsers() or prismaUsers() returned`,
    )
  }
  const issuers = await issuersOf(Object.values(loaded))
  return { ...tableOf(store), identity: identityOf(store), problems: store.problems, issuers }
}

function usersOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'users' in value ? value.users : null
}

function isUserStore(value: unknown): value is UserStore {
  const { find, columns, map } = (value ?? {}) as Partial<UserStore>
  return typeof find === 'function' && columns instanceof Map && typeof map === 'object'
}

function tableOf(store: UserStore): { table: InspectedTable; map: TableMap } {
  const columns = [...store.columns.values()]
  const id = store.map.id
  const named = (property: string) => store.columns.get(property)?.column ?? property
  return {
    table: {
      name: store.table ?? 'users',
      dialect: dialectOf(store.name),
      columns: columns.map(({ column, type, nullable, hasDefault, maxLength, integerBits }) => ({
        name: column,
        type,
        sqlType: type,
        nullable,
        hasDefault,
        ...(maxLength === undefined ? {} : { maxLength }),
        ...(integerBits === undefined ? {} : { integerBits }),
      })),
      uniqueKeys: columns
        .filter(({ unique, property }) => unique || property === id)
        .map(({ column, property }) => ({
          columns: [column],
          folds: false,
          primary: property === id,
        })),
      conditionColumns: (store.conditionOn ?? []).map(named),
    },
    map: Object.fromEntries(
      Object.entries({ ...store.map, ...store.identities }).map(([field, property]) => [
        field,
        { column: named(property) },
      ]),
    ),
  }
}

function identityOf({ map, factors = {} }: UserStore): Identity {
  const login = (['email', 'username'] as const).filter((field) => map[field] !== undefined)
  // Another field may log in, which `crudAuth()` looks at.
  const isOther = login.length === 0 && Object.keys(factors).length > 0
  return {
    login: login.length > 0 || isOther ? login : ['email'],
    recovers: map.email !== undefined,
  }
}

function dialectOf(name: string): Dialect {
  const dialect = /\((\w+)\)$/.exec(name)?.[1]
  return dialect === 'postgresql' || dialect === 'mysql' ? dialect : 'sqlite'
}
