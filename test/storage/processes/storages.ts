/** The storages that several processes can share, by name: another one is one more line. */
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPostgres } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { drizzleStorage } from '../../../src/databases/drizzle.ts'
import { authStorageColumns as mysqlColumns } from '../../../src/databases/drizzle-mysql.ts'
import { authStorageColumns as postgresColumns } from '../../../src/databases/drizzle-postgres.ts'
import { redisStorage } from '../../../src/storage/redis.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { tableStatements } from '../../support/create-table.ts'
import {
  mysql,
  mysqlUrl,
  postgres,
  postgresUrl,
  redis,
  redisUrl,
  type Service,
} from '../../support/services.ts'

const onPostgresTable = pgTable('crudauth_processes', postgresColumns())
const onMysqlTable = mysqlTable('crudauth_processes', mysqlColumns())

export interface SharedStorage {
  readonly service: Service
  /** Done once, by the parent. */
  prepare?(): Promise<void>
  /** Opens it, as each process does for itself. */
  open(): Storage
}

export const sharedStorages = {
  Redis: {
    service: redis,
    open: () => redisStorage({ url: redisUrl, timeoutMs: 10_000 }),
  },
  PostgreSQL: {
    service: postgres,
    async prepare() {
      const pool = new Pool({ connectionString: postgresUrl })
      for (const statement of tableStatements(onPostgresTable)) {
        await pool.query(statement.replace('create table', 'create table if not exists'))
      }
      await pool.end()
    },
    open() {
      const pool = new Pool({ connectionString: postgresUrl, max: 4 })
      const storage = drizzleStorage(onPostgres(pool), onPostgresTable, { timeoutMs: 20_000 })
      return Object.assign(storage, { close: () => pool.end() })
    },
  },
  MariaDB: {
    service: mysql,
    async prepare() {
      const pool = createPool(mysqlUrl)
      for (const statement of tableStatements(onMysqlTable)) {
        await pool.query(statement.replace('create table', 'create table if not exists'))
      }
      await pool.end()
    },
    open() {
      const pool = createPool({ uri: mysqlUrl, connectionLimit: 4 })
      const storage = drizzleStorage(onMysql(pool), onMysqlTable, { timeoutMs: 20_000 })
      return Object.assign(storage, { close: () => pool.end() })
    },
  },
} as const satisfies Readonly<Record<string, SharedStorage>>

export type SharedStorageName = keyof typeof sharedStorages
