/**
 * Password hashes in a second Kysely table.
 */
import type { Kysely } from 'kysely'
import { type ColumnMap, userFields } from '../../users/column-map.ts'
import type { TableDescription } from '../table/description.ts'
import { afterLook } from '../table/first-look.ts'
import { withPasswordTable } from '../table/password-statements.ts'
import {
  type PasswordTable,
  type PasswordTableFacts,
  passwordTable,
} from '../table/password-table.ts'
import type { Statements, TransactionalStatements } from '../table/statements.ts'
import { describeTable, type KeyKind } from './describe.ts'
import { type AnyDatabase, type Joined, kyselyStatements } from './statements.ts'
import { requireTransactions, transactionProblems } from './transactions.ts'

export interface KyselyPasswordFacts extends PasswordTableFacts {
  readonly table: string
  readonly unique?: readonly string[] | undefined
  readonly timestamps?: { readonly createdAt?: string; readonly updatedAt?: string } | undefined
}

export interface OpenPasswords extends PasswordTable {
  /** What is read with each user. */
  readonly read: Joined
  /** The statements of the users table, as if it had the hash. */
  statements(users: TransactionalStatements, id: string): Statements
}

/** @param key What the primary key of the users is. */
export function openPasswords(
  db: Kysely<AnyDatabase>,
  facts: KyselyPasswordFacts,
  users: TableDescription,
  columns: ColumnMap,
  key: KeyKind,
): OpenPasswords {
  const { table, user, hash, only = {}, unique = [], timestamps = {} } = facts
  const described = describeTable(
    {
      table,
      dialect: users.dialect,
      columns: { owner: user, hashedPassword: hash },
      factors: {},
      others: [...Object.keys(only), ...Object.values(timestamps)],
      tenant: undefined,
      keys: { owner: key },
      unique: [],
    },
    userFields,
  )
  // Of columns that every lookup names.
  const isUnique =
    unique.includes(user) &&
    unique.every((column) => column === user || Object.hasOwn(only, column))
  const description = { ...described, keys: new Set(isUnique ? [user] : []) }
  const over = [user, ...Object.keys(only)].map((column) => `'${column}'`).join(', ')
  const declaring = `say so with passwords: { unique: [${over}] }`
  const found = passwordTable(users, description, { ...facts, declaring }, columns)
  const { joined } = found
  const isText = description.columns.get(user)?.type === 'string'
  return {
    ...found,
    problems: [...found.problems, ...transactionProblems(db)],
    read: { table, key: user, isText, only, names: joined },
    statements(ofUsers, id) {
      const passwords = kyselyStatements(db, {
        id: user,
        keys: [],
        tenant: undefined,
        ignoreCase: new Set(),
        where: Object.keys(only).length > 0 ? (build) => build.and(only) : undefined,
        timestamps,
        description,
      })
      const parts = { users: ofUsers, passwords, id, joined, facts, isNullable: null }
      return afterLook(withPasswordTable(parts), () => requireTransactions(db, users))
    },
  }
}
