/** What the rounds of a comparison come to. */

import type { Result, Round } from './contest.ts'
import type { Group } from './contestants.ts'

/** Of every figure the cheapest round: whatever else a machine does only adds. */
export interface Figures {
  /** Microseconds of CPU of a request, with the check. */
  readonly checked: number
  /** The same of the framework alone. */
  readonly bare: number
  /** The difference: what the library costs. */
  readonly check: number
  readonly perSecond: number
}

export interface Ratio {
  readonly ratio: number
  /** The least and the greatest of one round. */
  readonly least: number
  readonly greatest: number
}

export function figuresOf({ rounds }: Result): Figures {
  const checked = Math.min(...rounds.map((round) => round.checked))
  const bare = Math.min(...rounds.map((round) => round.bare))
  const perSecond = Math.max(...rounds.map((round) => round.perSecond))
  return { checked, bare, check: checked - bare, perSecond }
}

/** What theirs costs where ours costs one. */
export function ratioOf(theirs: Result, ours: Result): Ratio {
  const each = theirs.rounds.map((round, n) => round.checked / (ours.rounds[n] as Round).checked)
  return {
    ratio: figuresOf(theirs).checked / figuresOf(ours).checked,
    least: Math.min(...each),
    greatest: Math.max(...each),
  }
}

/** Ours on Hono, over the same storage: what all others are compared with. */
export function oursIn(results: readonly Result[], group: Group): Result {
  const ours = oursOn(results, group, 'Hono')
  if (!ours) throw new Error(`nothing of ours is in ${group}`)
  return ours
}

/** Ours over the same storage and on the same framework, where it is there. */
export function oursOn(
  results: readonly Result[],
  group: Group,
  framework: string,
): Result | undefined {
  return results.find(
    ({ contestant }) =>
      contestant.isOurs && contestant.group === group && contestant.framework === framework,
  )
}
