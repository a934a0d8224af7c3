/**
 * The databases of these tests, with the models' tables in them, each with the client that is
 * generated for it.
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { PrismaPg } from '@prisma/adapter-pg'
import Database from 'better-sqlite3'
import { Pool } from 'pg'
import { isReachable, postgres, postgresUrl } from '../../test/support/services.ts'
import { PrismaClient as PostgresClient } from './generated/postgresql/client/client.ts'
import { PrismaClient as SqliteClient } from './generated/sqlite/client/client.ts'
import { tableNames, tableStatements } from './tables.ts'

export interface Server {
  readonly prisma: PostgresClient
  readonly exec: (statement: string) => Promise<unknown>
  /** Leaves no row in any table. */
  readonly emptied: () => Promise<void>
  readonly close: () => Promise<void>
}

const newName = () => `prisma_${randomBytes(4).toString('hex')}`

async function withTables(
  dialect: 'postgresql' | 'sqlite',
  server: Omit<Server, 'emptied'>,
): Promise<Server> {
  for (const statement of tableStatements(dialect)) await server.exec(statement)
  return {
    ...server,
    async emptied() {
      for (const table of tableNames) await server.exec(`delete from ${table}`)
    },
  }
}

export const servers = {
  pg: {
    isThere: await isReachable(postgres),
    async open(): Promise<Server> {
      const schema = newName()
      const connectionString = `${postgresUrl}?options=-csearch_path%3D${schema}`
      const pool = new Pool({ connectionString })
      await pool.query(`create schema ${schema}`)
      const prisma = new PostgresClient({ adapter: new PrismaPg({ connectionString }, { schema }) })
      return withTables('postgresql', {
        prisma,
        exec: (statement) => pool.query(statement),
        async close() {
          await prisma.$disconnect()
          await pool.query(`drop schema ${schema} cascade`)
          await pool.end()
        },
      })
    },
  },
  'better-sqlite3': {
    isThere: true,
    async open(): Promise<Server> {
      const path = `/tmp/${newName()}.sqlite`
      const sqlite = new Database(path)
      const prisma = new SqliteClient({
        adapter: new PrismaBetterSqlite3({ url: `file:${path}` }),
      })
      return withTables('sqlite', {
        prisma: prisma as unknown as PostgresClient,
        exec: async (statement) => sqlite.exec(statement),
        async close() {
          await prisma.$disconnect()
          sqlite.close()
          rmSync(path, { force: true })
        },
      })
    },
  },
} as const
