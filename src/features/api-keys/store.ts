/**
 * The port over the application's own table of API keys. An adapter does four plain things to it,
 * under the application's property names; what a key is and when it counts is decided in the core.
 */
import type { MappedFields } from '../../users/column-map.ts'
import type { UserColumn, UserScope } from '../../users/store.ts'

/** The logical fields, and what each holds. `name`, `epoch`, `expiresAt`, `lastUsedAt` may be missing. */
export interface ApiKeyTypes {
  id: string
  userId: string | number | bigint
  name: string | null
  prefix: string
  hashedKey: string
  scopes: string
  epoch: number | null
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export type ApiKeyField = keyof ApiKeyTypes

/** For adapters: which columns fit, and which a table must have. */
export const apiKeyColumns: MappedFields<ApiKeyField> = {
  accepted: {
    id: ['string'],
    userId: ['string', 'number', 'bigint'],
    name: ['string'],
    prefix: ['string'],
    hashedKey: ['string'],
    scopes: ['string'],
    epoch: ['number'],
    createdAt: ['date'],
    expiresAt: ['date'],
    lastUsedAt: ['date'],
    revokedAt: ['date'],
  },
  required: ['id', 'userId', 'prefix', 'hashedKey', 'scopes', 'createdAt', 'revokedAt'],
  keys: ['id', 'userId'],
}

export interface ApiKeyStore {
  /** What the adapter is, for descriptions. */
  readonly name: string
  /** All columns, by property. */
  readonly columns: ReadonlyMap<string, UserColumn>
  /** Logical field to property, for every logical field that the table has. */
  readonly map: Readonly<Partial<Record<ApiKeyField, string>>>
  readonly tenants: boolean
  /** What is wrong with the table or the map, one sentence each. */
  readonly problems: readonly string[]

  /** The row whose unique `property` equals `value`, or `null`. */
  find(property: string, value: unknown, scope: UserScope): Promise<object | null>
  /** All rows whose `property` equals `value`. */
  list(property: string, value: unknown, scope: UserScope): Promise<readonly object[]>
  insert(values: Readonly<Record<string, unknown>>, scope: UserScope): Promise<object>
  /** Updates the row with this `id`, if `when` still holds, and tells whether it did. */
  update(
    id: string,
    values: Readonly<Record<string, unknown>>,
    scope: UserScope,
    when?: Readonly<Record<string, unknown>>,
  ): Promise<boolean>
}
