/** What each case of the storage kit is given. */
import type { Storage } from '../../storage/storage.ts'

export interface StorageTools {
  readonly storage: Storage
  /** A key that no other case uses; the same one for the same name. */
  readonly key: (name?: string) => string
  /** Lets so many units pass. */
  readonly advance: (units: number) => Promise<void>
  /** The lifetime whose end a case waits for, in seconds. */
  readonly unit: number
}

/** By name: what must hold. */
export type StorageCases = Readonly<Record<string, (tools: StorageTools) => Promise<void>>>

/** A lifetime, in seconds, that does not end within a case. */
export const long = 3600

/** Texts that an adapter could confuse, cut, fold or interpret. */
export const oddTexts: readonly string[] = [
  ' ',
  'a b',
  'a',
  'A',
  'ü:✓:😀',
  '%00',
  '\'"; drop',
  '{tag}',
  '*',
  '..',
  'x'.repeat(500),
  `${'x'.repeat(499)}y`,
]
