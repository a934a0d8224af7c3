/**
 * The application's own table of API keys, described as data; what a key is and when it counts is
 * decided in `keys.ts`.
 */
import type { RowStore, RowTable } from '../../rows/row-store.ts'

/**
 * The logical fields, and what each holds. `name`, `epoch`, `expiresAt`, `lastUsedAt` may be
 * missing.
 */
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

/** The name of a logical field of the table of API keys. */
export type ApiKeyField = keyof ApiKeyTypes

export const apiKeyTable = {
  id: { types: ['string'], required: true, key: 'own', length: 36 },
  userId: { types: ['string', 'number', 'bigint'], required: true, key: 'other', length: 255 },
  name: { types: ['string'], nullable: true, length: 255 },
  prefix: { types: ['string'], required: true, length: 64 },
  hashedKey: { types: ['string'], required: true, unique: true, length: 43 },
  scopes: { types: ['string'], required: true },
  epoch: { types: ['number'], nullable: true },
  createdAt: { types: ['date'], required: true },
  expiresAt: { types: ['date'], nullable: true },
  lastUsedAt: { types: ['date'], nullable: true },
  revokedAt: { types: ['date'], required: true, nullable: true },
} as const satisfies RowTable<ApiKeyField>

/** The port over that table. */
export type ApiKeyStore = RowStore<ApiKeyField>
