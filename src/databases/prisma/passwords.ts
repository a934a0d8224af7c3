/**
 * Password hashes in a second Prisma model.
 */
import type { ColumnMap } from '../../users/column-map.ts'
import type { TableDescription } from '../table/description.ts'
import { withPasswordTable } from '../table/password-statements.ts'
import {
  type PasswordTable,
  type PasswordTableFacts,
  passwordTable,
} from '../table/password-table.ts'
import type { Statements, TransactionalStatements } from '../table/statements.ts'
import type { RuntimeClient } from './client.ts'
import { describeModel } from './describe.ts'
import { type Joined, prismaStatements } from './statements.ts'
import { transactionProblems } from './transactions.ts'

export interface PrismaPasswordFacts extends PasswordTableFacts {
  readonly model: string
  readonly unique?: readonly string[] | undefined
}

export interface OpenPasswords extends PasswordTable {
  /** What is read with each user. */
  readonly read: Joined
  /** The statements of the users' model, as if it had the hash. */
  statements(users: TransactionalStatements, id: string): Statements
}

/** @throws ConfigurationError for a model that cannot be read. */
export function openPasswords(
  client: RuntimeClient,
  facts: PrismaPasswordFacts,
  users: TableDescription,
  columns: ColumnMap,
): OpenPasswords {
  const { model, user, only = {}, unique = [] } = facts
  // Of fields that every lookup names. One named twice would stand for one that is not there.
  const isUnique =
    unique.includes(user) &&
    new Set(unique).size === unique.length &&
    unique.every((field) => field === user || Object.hasOwn(only, field))
  const described = describeModel(client, { model, id: user, unique: isUnique ? [user] : [] })
  const description = { ...described, keys: new Set(isUnique ? [user] : []) }
  const fields = [user, ...Object.keys(only)]
  const declaring = `say so with passwords: { unique: [${fields.map((field) => `'${field}'`).join(', ')}] } once the schema has ${fields.length > 1 ? `@@unique([${fields.join(', ')}])` : '@unique there'}`
  const found = passwordTable(users, description, { ...facts, declaring }, columns)
  const { joined } = found
  const hash = joined.get(found.property) ?? ''
  return {
    ...found,
    problems: [...found.problems, ...transactionProblems(client)],
    read: { model, key: user, only, properties: joined },
    statements(ofUsers, id) {
      const passwords = prismaStatements(client, {
        model,
        id: user,
        keys: [],
        tenant: undefined,
        ignoreCase: new Set(),
        where: () => only,
        description,
        // It takes the value that it has, whichever that is.
        lockedBy: hash,
      })
      return withPasswordTable({ users: ofUsers, passwords, id, joined, facts, isNullable: null })
    },
  }
}
