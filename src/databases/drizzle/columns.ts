/**
 * The columns of our tables, whatever the dialect: which there are, for which options.
 *
 * Names, types and nullability are those of crudauth for Python, so that an application there can
 * use the same table. As there, defaults are filled in by the application, not by the database.
 */
import { randomInt } from 'node:crypto'
import {
  type AuthUserColumnOptions,
  type Identifiers,
  type Recovery,
  snakeCase,
} from '../table/user-columns.ts'

type Columns = Record<string, unknown>

/** A dialect's own columns, from which a table is put together. */
export interface UserColumnParts {
  always(): Columns
  /** An address that logs in: present and unique. */
  identifierEmail(): Columns
  /** An address that only recovers: unique, and may be absent. */
  recoveryEmail(): Columns
  username(): Columns
  /** Another field that logs in, by the column's name. */
  identifier(column: string): unknown
  /** By the column's name. */
  verifiedFlag(column: string): unknown
  oauth(): Columns
}

type EmailColumn<P extends UserColumnParts, O> =
  'email' extends Identifiers<O>
    ? ReturnType<P['identifierEmail']>
    : Recovery<O> extends 'email'
      ? ReturnType<P['recoveryEmail']>
      : unknown

/** The columns for these options in a dialect. */
export type UserColumns<P extends UserColumnParts, O> = ReturnType<P['always']> &
  EmailColumn<P, O> &
  ('username' extends Identifiers<O> ? ReturnType<P['username']> : unknown) & {
    [Name in Exclude<Identifiers<O>, 'email' | 'username'>]: ReturnType<P['identifier']>
  } & {
    [Name in Exclude<Recovery<O>, 'email' | null> & string as `${Name}Verified`]: ReturnType<
      P['verifiedFlag']
    >
  } & (O extends { oauth: false } ? unknown : ReturnType<P['oauth']>)

export function userColumns<P extends UserColumnParts, O extends AuthUserColumnOptions>(
  parts: P,
  options: O,
): UserColumns<P, O> {
  const { identifiers = ['email', 'username'], recovery = 'email', oauth = true } = options
  const others = identifiers.filter((name) => name !== 'email' && name !== 'username')
  const email = identifiers.includes('email')
    ? parts.identifierEmail()
    : recovery === 'email'
      ? parts.recoveryEmail()
      : {}
  const columns = {
    ...parts.always(),
    ...email,
    ...(identifiers.includes('username') ? parts.username() : {}),
    ...Object.fromEntries(others.map((name) => [name, parts.identifier(snakeCase(name))])),
    ...(recovery === null || recovery === 'email'
      ? {}
      : { [`${recovery}Verified`]: parts.verifiedFlag(`${snakeCase(recovery)}_verified`) }),
    ...(oauth ? parts.oauth() : {}),
  }
  return columns as unknown as UserColumns<P, O>
}

/**
 * The first epoch of a row that the application inserts itself. Random, not 0: a primary key that
 * is used again must not revive old credentials.
 */
export function firstEpoch(): number {
  return randomInt(0x80000000)
}
