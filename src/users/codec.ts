/**
 * Codecs: how a column of the application's spells what a logical field means.
 */

/** Between a logical field and what its column stores. */
export interface ColumnCodec<Value, Stored> {
  /**
   * Never throws; what cannot be understood reads as the value that admits nobody. `now` is the
   * configuration's clock.
   */
  read(stored: Stored, now: Date): Value
  /** What to store. `now` is the configuration's clock. */
  write(value: Value, now: Date): Stored
}

/**
 * A flag that is spelled another way: `flag(1, 0)`, `flag('Y', 'N')`, or turned around, as
 * `flag([false, null], true)` reads a column `isBanned` as `isActive`.
 *
 * @param on What is stored for `true`; of a list the first is written and all are read.
 * @param off What is written for `false`. Everything that is not listed under `on` reads as
 *   `false`.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, { columns: { isActive: { property: 'active', codec: flag('Y', 'N') } } })
 * ```
 */
export function flag<const On, const Off>(
  on: On | readonly On[],
  off: Off,
): ColumnCodec<boolean, On | Off> {
  const read: readonly unknown[] = Array.isArray(on) ? on : [on]
  if (read.length === 0 || read.includes(off)) {
    throw new TypeError('flag: what is stored for true and for false must differ')
  }
  // A driver may hand a stored 1 over as 1n, or as text.
  const digits = new Set(read.filter(isWhole).map(String))
  return {
    read: (stored) => read.includes(stored) || (isWhole(stored) && digits.has(String(stored))),
    write: (value) => (value ? (read[0] as On) : off),
  }
}

function isWhole(value: unknown): boolean {
  const isText = typeof value === 'string' && /^(?:0|-?[1-9]\d*)$/.test(value)
  return isText || typeof value === 'number' || typeof value === 'bigint'
}

/**
 * How a column keeps a moment: as the `Date` that the driver makes of it, as text (`iso` is
 * `2024-01-31T09:30:00.000Z`, `text` is `2024-01-31 09:30:00` in UTC), or as a number since 1970.
 * Such a number may be a `bigint` to the driver (Prisma's `BigInt`), or its digits (Kysely's
 * `bigint` on `pg`): `seconds-bigint`, `seconds-text`.
 */
export type MomentForm =
  | 'date'
  | 'iso'
  | 'text'
  | 'seconds'
  | 'seconds-bigint'
  | 'seconds-text'
  | 'milliseconds'
  | 'milliseconds-bigint'
  | 'milliseconds-text'

/** What a column in this form holds. */
export type MomentIn<Form extends MomentForm> = Form extends 'date'
  ? Date
  : Form extends 'seconds' | 'milliseconds'
    ? number
    : Form extends 'seconds-bigint' | 'milliseconds-bigint'
      ? bigint
      : string

/** What differs about a column of moments. */
export interface MomentOptions<Unset> {
  /** What is stored where there is no moment: `0`, `0n`, `''`. Default `null`. */
  readonly unset?: Unset
}

/**
 * A flag that is kept as the moment at which it was raised, as `email_verified_at` or
 * `confirmed_at`: any moment is `true`, and the current one is written.
 *
 * @param form How the column keeps moments. Default `date`.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, {
 *   columns: { emailVerified: { property: 'confirmedAt', codec: timestampFlag() } },
 * })
 * ```
 */
export function timestampFlag(): ColumnCodec<boolean, Date | null>
export function timestampFlag<const Form extends MomentForm>(
  form: Form,
): ColumnCodec<boolean, MomentIn<Form> | null>
export function timestampFlag<const Form extends MomentForm, const Unset>(
  form: Form,
  options: Required<MomentOptions<Unset>>,
): ColumnCodec<boolean, MomentIn<Form> | Unset>
export function timestampFlag(
  form?: MomentForm,
  options: MomentOptions<unknown> = {},
): ColumnCodec<boolean, unknown> {
  const unset = unsetOf(options)
  return {
    read: (stored) => typeof momentOf(stored, form) === 'number',
    write: (value, now) => (value ? spelled(now, form) : unset),
  }
}

/**
 * The same, turned around: `disabled_at` or `banned_at` read as `isActive`. Only where there is no
 * moment it is `true`.
 *
 * @param form How the column keeps moments. Default `date`.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, {
 *   columns: { isActive: { property: 'bannedAt', codec: timestampUnset() } },
 * })
 * ```
 */
export function timestampUnset(): ColumnCodec<boolean, Date | null>
export function timestampUnset<const Form extends MomentForm>(
  form: Form,
): ColumnCodec<boolean, MomentIn<Form> | null>
export function timestampUnset<const Form extends MomentForm, const Unset>(
  form: Form,
  options: Required<MomentOptions<Unset>>,
): ColumnCodec<boolean, MomentIn<Form> | Unset>
export function timestampUnset(
  form?: MomentForm,
  options: MomentOptions<unknown> = {},
): ColumnCodec<boolean, unknown> {
  const unset = unsetOf(options)
  return {
    read: (stored) => momentOf(stored, form) === null,
    write: (value, now) => (value ? unset : spelled(now, form)),
  }
}

/**
 * A moment until which it is `false`: `banned_until` or `suspended_till` read as `isActive`. It is
 * `true` where there is no moment, and when it has passed.
 *
 * @param form How the column keeps moments. Default `date`.
 * @param options `forever` is what is written for `false`. Default the end of the year 9999; for
 *   `seconds` the largest that 31 bits hold, in 2038.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, {
 *   columns: { isActive: { property: 'bannedUntil', codec: timestampUntil() } },
 * })
 * ```
 */
export function timestampUntil(): ColumnCodec<boolean, Date | null>
export function timestampUntil<const Form extends MomentForm>(
  form: Form,
  options?: { readonly forever?: Date },
): ColumnCodec<boolean, MomentIn<Form> | null>
export function timestampUntil<const Form extends MomentForm, const Unset>(
  form: Form,
  options: Required<MomentOptions<Unset>> & { readonly forever?: Date },
): ColumnCodec<boolean, MomentIn<Form> | Unset>
export function timestampUntil(
  form?: MomentForm,
  options: MomentOptions<unknown> & { readonly forever?: Date } = {},
): ColumnCodec<boolean, unknown> {
  const unset = unsetOf(options)
  const forever =
    options.forever ?? new Date(form === 'seconds' ? 0x7fffffff * 1000 : '9999-12-31T23:59:59Z')
  return {
    read(stored, now) {
      const moment = momentOf(stored, form)
      return moment === null || (moment !== undefined && moment <= now.getTime())
    },
    write: (value) => (value ? unset : spelled(forever, form)),
  }
}

function unsetOf({ unset }: MomentOptions<unknown>): unknown {
  return unset === undefined ? null : unset
}

function spelled(moment: Date, form: MomentForm | undefined): Date | string | number | bigint {
  return spellings[form ?? 'date'](moment)
}

const secondsOf = (moment: Date) => Math.floor(moment.getTime() / 1000)

const spellings: { readonly [Form in MomentForm]: (moment: Date) => MomentIn<Form> } = {
  date: (moment) => moment,
  iso: (moment) => moment.toISOString(),
  text: (moment) => moment.toISOString().slice(0, 19).replace('T', ' '),
  seconds: secondsOf,
  'seconds-bigint': (moment) => BigInt(secondsOf(moment)),
  'seconds-text': (moment) => String(secondsOf(moment)),
  milliseconds: (moment) => moment.getTime(),
  'milliseconds-bigint': (moment) => BigInt(moment.getTime()),
  'milliseconds-text': (moment) => String(moment.getTime()),
}

/**
 * A stored moment in milliseconds, whatever a driver makes of it: `null` for none, as which zero,
 * an empty text and MySQL's year 0 count, and `undefined` for what is no moment.
 */
function momentOf(stored: unknown, form: MomentForm | undefined): number | null | undefined {
  if (stored === null) return null
  if (stored instanceof Date) return known(stored.getTime())
  // Some drivers hand a bigint over as its digits.
  const isDigits = typeof stored === 'string' && /^-?\d{1,17}$/.test(stored)
  if (typeof stored === 'number' || typeof stored === 'bigint' || isDigits) {
    const count = known(Number(stored))
    if (count === 0) return null
    return count === undefined || !form?.startsWith('seconds') ? count : count * 1000
  }
  if (typeof stored !== 'string') return undefined
  if (stored === '' || stored.startsWith('0000-00-00')) return null
  if (stored === 'infinity') return Number.POSITIVE_INFINITY
  if (!/^\d{4}-\d\d-\d\d/.test(stored)) return undefined
  const text = stored.replace(' ', 'T')
  // Without a zone it is the time that we would have written. PostgreSQL writes +02, ISO +02:00.
  const isZoned = /T.*(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text)
  return known(
    Date.parse(
      isZoned ? text.replace(/([+-]\d\d)$/, '$1:00') : `${text}${text.includes('T') ? 'Z' : ''}`,
    ),
  )
}

function known(count: number): number | undefined {
  return Number.isNaN(count) ? undefined : count
}
