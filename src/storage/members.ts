/**
 * The members of an index in memory, oldest first, each with its deadline.
 *
 * Most owners have one or two. So it is one flat list, name and deadline in turn, which takes a
 * third of what a `Map` does, and is copied when it changes, because a list that has grown keeps
 * room to grow.
 */

/** Names, each followed by its deadline in milliseconds since the epoch. */
export type Members = readonly (string | number)[]

export const noMembers: Members = []

export function withMember(members: Members, name: string, deadline: number): Members {
  return members.concat([name, deadline])
}

export function withoutMember(members: Members, name: string): Members {
  const at = members.indexOf(name)
  return at < 0 ? members : members.slice(0, at).concat(members.slice(at + 2))
}

export function sizeOf(members: Members): number {
  return members.length / 2
}

/** The oldest ones, and the others. */
export function parted(members: Members, oldest: number): readonly [Members, Members] {
  return [members.slice(0, oldest * 2), members.slice(oldest * 2)]
}

export function namesOf(members: Members): string[] {
  return members.filter((_, place) => place % 2 === 0) as string[]
}

export function latestDeadline(members: Members): number {
  let latest = 0
  for (let at = 1; at < members.length; at += 2) latest = Math.max(latest, members[at] as number)
  return latest
}

/** Those whose own lifetime has not passed. */
export function liveMembers(members: Members, now: number): Members {
  const isLive = (place: number) => (members[place | 1] as number) > now
  return members.every((_, place) => isLive(place))
    ? members
    : members.filter((_, place) => isLive(place))
}
