/**
 * Password hashes in a second Drizzle table.
 */
import type { Column, SQL, Table } from 'drizzle-orm'
// The package's own index loads half of PostgreSQL's dialect.
import { and, eq, isNull } from 'drizzle-orm/sql'
import type { ColumnMap } from '../../users/column-map.ts'
import type { TableDescription } from '../table/description.ts'
import { withPasswordTable } from '../table/password-statements.ts'
import {
  type PasswordTable,
  type PasswordTableFacts,
  passwordTable,
} from '../table/password-table.ts'
import type { Statements, TransactionalStatements, Values } from '../table/statements.ts'
import { describeTable } from './describe.ts'
import type { Joined } from './joined.ts'
import { drizzleStatements } from './statements.ts'
import { columnsOf } from './structure.ts'
import { transactionProblems } from './transactions.ts'

export interface DrizzlePasswordFacts extends PasswordTableFacts {
  readonly table: Table
}

export interface OpenPasswords extends PasswordTable {
  /** What is read with each user. */
  readonly read: Joined
  /** The statements of the users table, as if it had the hash. */
  statements(users: TransactionalStatements, id: string): Statements
}

export interface UsersTable {
  readonly description: TableDescription
  readonly columns: ColumnMap
  /** Whether no two users have one key, whatever their tenants. */
  readonly isKeyAlone: boolean
}

export function openPasswords(
  db: unknown,
  facts: DrizzlePasswordFacts,
  users: UsersTable,
  prepare: boolean,
): OpenPasswords {
  const columns = columnsOf(facts.table)
  const only: Values = facts.only ?? {}
  const kinds = Object.keys(only).filter((kind) => kind in columns)
  const where = conditionOn(columns, kinds, only)
  const fixed = kinds.map((kind) => columns[kind]?.name ?? kind)
  const description = describeTable(facts.table, undefined, where, fixed)
  const found = passwordTable(
    users.description,
    description,
    facts,
    users.columns,
    users.isKeyAlone,
  )
  const { joined } = found
  return {
    ...found,
    problems: [...found.problems, ...transactionProblems(db)],
    read: { table: facts.table, key: facts.user, where, properties: joined },
    statements(ofUsers, key) {
      const passwords = drizzleStatements(db, facts.table, {
        id: facts.user,
        keys: [],
        tenant: undefined,
        ignoreCase: new Set(),
        where,
        prepare,
        description,
      })
      const hash = description.columns.get(joined.get(found.property) ?? '')
      const isNullable = hash?.nullable ?? true
      return withPasswordTable({ users: ofUsers, passwords, id: key, joined, facts, isNullable })
    },
  }
}

/** What the rows of passwords have in common. */
function conditionOn(
  columns: Readonly<Record<string, Column>>,
  kinds: readonly string[],
  only: Values,
): SQL | undefined {
  return and(
    ...kinds.map((kind) => {
      const column = columns[kind] as Column
      return only[kind] === null ? isNull(column) : eq(column, only[kind])
    }),
  )
}
