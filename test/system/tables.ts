/** The tables of one run of a system test, by its name. */
import { pgTable } from 'drizzle-orm/pg-core'
import {
  authApiKeyColumns,
  authStorageColumns,
  authUserColumns,
} from '../../src/databases/drizzle-postgres.ts'

export const usersTable = (run: string) => pgTable(`${run}_users`, authUserColumns())
export const keysTable = (run: string) => pgTable(`${run}_keys`, authApiKeyColumns())
export const storageTable = (run: string) => pgTable(`${run}_storage`, authStorageColumns())
