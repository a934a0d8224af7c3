/**
 * What is written for a new account.
 */
import type { Flags } from './flags.ts'
import type { Identity } from './identity.ts'
import type { UserStore } from './store.ts'

/** A new account, by the wire names of the fields of the identity. */
export interface NewAccount {
  readonly fields: Readonly<Record<string, string>>
  readonly hashedPassword: string
  /** Values for columns of the application's own, by property. */
  readonly own?: Readonly<Record<string, unknown>>
  /** Whether it is proven that its owner reads what is sent to its contact. Default `false`. */
  readonly isProven?: boolean | undefined
  /** Default `false`. */
  readonly isSuperuser?: boolean | undefined
  /** Default: what the table says, else `true`. */
  readonly isActive?: boolean | undefined
}

/** @param tokenVersion The first epoch, in the type of its column. */
export function newRow(
  { map }: UserStore,
  identity: Identity,
  flags: Flags,
  account: NewAccount,
  tokenVersion: number | bigint,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {
    ...account.own,
    [map.hashedPassword ?? 'hashedPassword']: account.hashedPassword,
  }
  const { login, contact, verifiedProperty } = identity
  let isProven = account.isProven ?? false
  for (const { name, property, canonical } of contact ? [...login, contact] : login) {
    const value = account.fields[name]
    if (value === undefined) continue
    // What the application provides of a contact wins over what was sent, and over its proof.
    if (values[property] !== undefined && name === contact?.name) {
      isProven &&= values[property] === canonical(value)
      continue
    }
    values[property] = canonical(value)
  }
  const { isActive, isSuperuser, emailVerified } = map
  const mayWait = isActive !== undefined && flags.hasDefault(isActive)
  Object.assign(
    values,
    flags.written([
      // A table may have new accounts wait; no table makes one proven, or an administrator.
      [mayWait && account.isActive === undefined ? null : isActive, account.isActive ?? true],
      [isSuperuser, account.isSuperuser ?? false],
      [emailVerified, false],
      [verifiedProperty, isProven],
    ]),
  )
  // Never the table's own default: epochs that start alike would let the credentials of a
  // deleted account open the next one with its primary key.
  if (map.tokenVersion !== undefined) values[map.tokenVersion] = tokenVersion
  return values
}
