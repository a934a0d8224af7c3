/**
 * Moments as each dialect's drivers take them.
 */
import type { Dialect } from '../table/description.ts'

/**
 * SQLite has no type for moments: there they are text as SQLAlchemy writes it, in UTC, which sorts
 * as the moments do.
 */
export function moment(milliseconds: number, dialect: Dialect): Date | string {
  const date = new Date(milliseconds)
  return dialect === 'sqlite' ? `${date.toISOString().slice(0, -1).replace('T', ' ')}000` : date
}
