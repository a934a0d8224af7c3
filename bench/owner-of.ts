/** Whose session a record in the storage is, for the handlers written by hand. */
export function ownerOf(record: string): number {
  const [, user] = JSON.parse(record) as [number, string]
  return Number(user)
}
