/**
 * All sessions of a user end, but for one login, in a few steps of the storage however many there
 * are.
 *
 * A session that gets another identifier meanwhile does not slip through, whatever its epoch. It is
 * in the index under the new one before it leaves the old one. So what has left the old one when
 * that is read is found under the new one by looking again, until the index names nothing new; and
 * what is still moving ends under both.
 */
import { deleteMany, getMany } from '../../storage/many.ts'
import type { Storage } from '../../storage/storage.ts'
import { beginningOf, isMoving } from './packed.ts'
import type { SessionRecord } from './record.ts'
import { type LiveSession, loginOf } from './records.ts'

export interface SessionsOfOwner {
  readonly storage: Storage
  /** The handles that the index names. */
  members(): Promise<readonly string[]>
  /** Those that the index then names. */
  removeMembers(handles: readonly string[]): Promise<readonly string[]>
  keyOf(handle: string): string
  /** The live session that a text is. */
  read(handle: string, stored: string): LiveSession | null
  /** Tags of the application. */
  readonly audiences: ReadonlySet<string>
}

interface Stored {
  readonly handle: string
  readonly key: string
  readonly stored: string
}

/** How many ended. */
export async function endAll(
  of: SessionsOfOwner,
  owner: Pick<SessionRecord, 'user' | 'epoch'>,
  except: string | null,
): Promise<number> {
  const isTheirs = belongsTo(of, owner, except)
  const seen = new Set<string>()
  const ended: Stored[] = []
  let count = 0
  let named = await of.members()
  for (;;) {
    const handles = named.filter((handle) => !seen.has(handle))
    if (handles.length === 0) return count
    const found = (await textsOf(of, handles)).filter(isTheirs)
    const isFirst = ({ stored }: Stored) => seen.size === 0 && !isMoving(stored)
    const first = found.filter(isFirst)
    if (first.length > 0)
      count += await deleteMany(
        of.storage,
        first.map(({ key }) => key),
      )
    ended.push(...first)
    // What moves, or is found by looking again, may have been counted under another identifier.
    for (const one of found.filter((some) => !isFirst(some))) {
      const isCounted = isOneOf(ended, of.read(one.handle, one.stored))
      ended.push(one)
      if ((await of.storage.delete(one.key)) && !isCounted) count++
    }
    named =
      found.length > 0
        ? await of.removeMembers(found.map(({ handle }) => handle))
        : await of.members()
    for (const handle of handles) seen.add(handle)
  }
}

/** A thousand texts are told by how they begin in the time in which a few are parsed. */
function belongsTo(
  { read, audiences }: SessionsOfOwner,
  { user, epoch }: Pick<SessionRecord, 'user' | 'epoch'>,
  except: string | null,
): (one: Stored) => boolean {
  const beginnings = [...audiences].map((audience) => beginningOf({ user, epoch, audience }))
  return ({ handle, stored }) => {
    const isByText = beginnings.some((beginning) => stored.startsWith(beginning))
    if (isByText && except === null) return true
    if (!isByText && !isMoving(stored)) return false
    const session = read(handle, stored)
    return (
      session?.record.user === user && session.record.epoch === epoch && loginOf(session) !== except
    )
  }
}

async function textsOf(of: SessionsOfOwner, handles: readonly string[]): Promise<Stored[]> {
  const keys = handles.map((handle) => of.keyOf(handle))
  const texts = await getMany(of.storage, keys)
  return handles.flatMap((handle, n) => {
    const [key, stored] = [keys[n], texts[n]]
    return key === undefined || stored === undefined || stored === null
      ? []
      : [{ handle, key, stored }]
  })
}

/** Whether the login of a session is that of one of these. */
function isOneOf(some: readonly Stored[], session: LiveSession | null): boolean {
  if (session === null) return false
  const login = loginOf(session)
  return some.some(({ handle, stored }) => handle === login || stored.includes(`"${login}"`))
}
