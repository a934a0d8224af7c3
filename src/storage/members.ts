/**
 * The members of an index in memory, oldest first, each with its deadline.
 *
 * Most owners have one or two. So one is its name alone, which lives as long as the index does; a
 * few are a flat list, which takes a third of what a `Map` does; and many are a `Map`, so that one
 * more costs the same however many there are.
 */

/** An index lives as long as its longest-lived member. */
export interface Index {
  readonly members: Members
  /** Milliseconds since the epoch. */
  readonly until: number
}

export type Members = string | Few | Many

/** Names, each followed by how long before the index it ends: a small number needs no object. */
type Few = readonly (string | number)[]

/** The deadlines by name. Those that have passed go when it has grown to twice what was left. */
class Many extends Map<string, number> {
  sweptAt = 0
}

type Member = readonly [name: string, deadline: number]

const mostInList = 32

export function sizeOf(members: Members): number {
  if (typeof members === 'string') return 1
  return members instanceof Many ? members.size : members.length / 2
}

/** Those whose own lifetime has not passed. */
export function liveNames(index: Index | null, now: number): string[] {
  return index === null ? [] : live(index, now).map(([name]) => name)
}

/** The oldest of them that are beyond the limit. */
export function namesBeyond(index: Index | null, limit: number, now: number): string[] {
  if (index === null || sizeOf(index.members) <= limit) return []
  const names = liveNames(index, now)
  return names.slice(0, Math.max(0, names.length - limit))
}

/**
 * Makes a member the newest; the index that was given is not to be used any more.
 *
 * @param deadline Whole milliseconds.
 */
export function withMember(
  index: Index | null,
  name: string,
  deadline: number,
  now: number,
): Index {
  if (index?.members instanceof Many) {
    const { members, until } = index
    members.delete(name)
    members.set(name, deadline)
    if (members.size > 2 * members.sweptAt) sweep(members, now)
    return { members, until: Math.max(until, deadline) }
  }
  const others = index === null ? [] : live(index, now).filter(([other]) => other !== name)
  return indexOf([...others, [name, deadline]]) as Index
}

export function hasMember({ members, until }: Index, name: string, now: number): boolean {
  if (members instanceof Many) return (members.get(name) ?? 0) > now
  return live({ members, until }, now).some(([other]) => other === name)
}

/** The others; `null` for none. The index that was given is not to be used any more. */
export function withoutMember(index: Index, name: string): Index | null {
  const { members } = index
  if (!(members instanceof Many)) {
    return indexOf(membersOf(index).filter(([other]) => other !== name))
  }
  members.delete(name)
  return members.size * 2 > mostInList ? index : indexOf([...members])
}

/** Takes the oldest out that are beyond the limit, and names them, oldest first. */
export function parted(
  index: Index,
  limit: number,
  now: number,
): { readonly kept: Index | null; readonly evicted: readonly string[] } {
  const { members } = index
  if (sizeOf(members) <= limit) return { kept: index, evicted: [] }
  const all = live(index, now)
  const excess = Math.max(0, all.length - limit)
  return { kept: indexOf(all.slice(excess)), evicted: all.slice(0, excess).map(([name]) => name) }
}

function indexOf(all: readonly Member[]): Index | null {
  const [first] = all
  if (first === undefined) return null
  if (all.length === 1) return { members: first[0], until: first[1] }
  const until = all.reduce((latest, [, deadline]) => Math.max(latest, deadline), 0)
  if (all.length <= mostInList) {
    const few = all.flatMap(([name, deadline]) => [name, until - deadline])
    // A copy, because a list that has grown keeps room to grow.
    return { members: few.slice(), until }
  }
  const members = new Many(all)
  members.sweptAt = members.size
  return { members, until }
}

function live(index: Index, now: number): Member[] {
  return membersOf(index).filter(([, deadline]) => deadline > now)
}

function membersOf({ members, until }: Index): Member[] {
  if (typeof members === 'string') return [[members, until]]
  if (members instanceof Many) return [...members]
  return Array.from({ length: members.length / 2 }, (_, n) => {
    return [members[2 * n] as string, until - (members[2 * n + 1] as number)] as const
  })
}

function sweep(members: Many, now: number): void {
  for (const [name, deadline] of members) if (deadline <= now) members.delete(name)
  members.sweptAt = members.size
}
