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

/**
 * What `moment` wrote, or `current_timestamp`, or an application in Python: UTC where no zone is
 * named.
 *
 * @throws Error for what is no moment: an expiry that cannot be read would be none.
 */
export function readMoment(value: unknown, column: string): Date | null {
  if (value === null || value === undefined) return null
  const text = value instanceof Date ? value.toISOString() : String(value)
  const zoned = /(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`
  const read = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(text)
    ? new Date(zoned.replace(' ', 'T'))
    : new Date(Number.NaN)
  if (Number.isNaN(read.getTime())) throw new Error(`crudauth: '${column}' holds no moment`)
  return read
}
