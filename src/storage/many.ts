/**
 * The same done to many keys: in a few steps where the storage can, else one by one.
 */
import type { Storage } from './storage.ts'

/** The live value under each key, in their order. */
export function getMany(
  storage: Storage,
  keys: readonly string[],
): Promise<readonly (string | null)[]> {
  if (keys.length === 0) return Promise.resolve([])
  return storage.getMany?.(keys) ?? Promise.all(keys.map((key) => storage.get(key)))
}

/** How many live ones were there. */
export async function deleteMany(storage: Storage, keys: readonly string[]): Promise<number> {
  if (storage.deleteMany) return storage.deleteMany(keys)
  const deleted = await Promise.all(keys.map((key) => storage.delete(key)))
  return deleted.filter(Boolean).length
}

/** The live members that are left, oldest first. */
export async function indexRemoveMany(
  storage: Storage,
  owner: string,
  members: readonly string[],
): Promise<readonly string[]> {
  if (storage.indexRemoveMany) return storage.indexRemoveMany(owner, members)
  await Promise.all(members.map((member) => storage.indexRemove(owner, member)))
  return storage.indexMembers(owner)
}

/** The oldest members beyond so many. */
export async function indexBeyond(
  storage: Storage,
  owner: string,
  limit: number,
): Promise<readonly string[]> {
  if (storage.indexBeyond) return storage.indexBeyond(owner, limit)
  const members = await storage.indexMembers(owner)
  return members.slice(0, Math.max(0, members.length - limit))
}

/** Lists of at most so many, in their order. */
export function inLists<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, n) =>
    items.slice(n * most, (n + 1) * most),
  )
}
