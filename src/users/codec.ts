/**
 * Codecs: how a column of the application's spells what a logical field means.
 */

/** Between a logical field and what its column stores. */
export interface ColumnCodec<Value, Stored> {
  /** Never throws; what cannot be understood reads as the value that admits nobody. */
  read(stored: Stored): Value
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
  return {
    // A driver that rounds no whole number hands a stored 1 over as 1n.
    read: (stored) =>
      read.includes(stored) || (typeof stored === 'bigint' && read.includes(Number(stored))),
    write: (value) => (value ? (read[0] as On) : off),
  }
}

/**
 * A flag that is kept as the moment at which it was raised, as `email_verified_at` or
 * `confirmed_at`: any moment is `true`, and the current one is written.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, {
 *   columns: { emailVerified: { property: 'confirmedAt', codec: timestampFlag() } },
 * })
 * ```
 */
export function timestampFlag(): ColumnCodec<boolean, Date | null> {
  return {
    read: (stored) => stored instanceof Date && !Number.isNaN(stored.getTime()),
    write: (value, now) => (value ? now : null),
  }
}

/**
 * The same, turned around: `disabled_at` or `banned_at` read as `isActive`.
 *
 * @example
 * ```ts
 * drizzleUsers(db, users, {
 *   columns: { isActive: { property: 'bannedAt', codec: timestampUnset() } },
 * })
 * ```
 */
export function timestampUnset(): ColumnCodec<boolean, Date | null> {
  return {
    read: (stored) => stored === null,
    write: (value, now) => (value ? null : now),
  }
}
