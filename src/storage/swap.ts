/**
 * A change of one stored value by compare and swap: read, decide, write unless somebody else wrote
 * in between, and then again.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Storage } from './storage.ts'

/** What a value becomes. */
export interface Swap<Result> {
  /** The next value; `null` leaves what there is. */
  readonly value: string | null
  /** The next value's lifetime in seconds. */
  readonly ttl: number
  readonly result: Result
}

/** So many others changed the value at the same moment that this change gave up. */
export class Contended extends Error {
  override readonly name = 'Contended'
}

/** Every round that is lost is one that somebody else won, so that few are ever needed. */
const maxRounds = 50
/**
 * Rounds that are lost at once; those after it wait a little, each at random, for fewer to meet.
 */
const roundsAtOnce = 3
const maxPauseMs = 32

/**
 * @param change Runs once per round: it must not do anything but decide.
 * @param seen What the caller knows the value to be, so that nothing has to be read; `undefined`
 *   where it knows nothing.
 * @throws Contended after fifty lost rounds; nothing is changed then.
 */
export async function swap<Result>(
  storage: Storage,
  key: string,
  change: (current: string | null) => Swap<Result>,
  seen?: string | null,
): Promise<Swap<Result>> {
  let current = seen === undefined ? await storage.get(key) : seen
  for (let round = 0; round < maxRounds; round++) {
    const next = change(current)
    if (next.value === null || next.value === current) return next
    const isDone =
      current === null
        ? await storage.add(key, next.value, next.ttl)
        : await storage.replace(key, next.value, next.ttl, current)
    if (isDone) return next
    if (round >= roundsAtOnce) await wait(Math.random() * Math.min(2 * round, maxPauseMs))
    current = await storage.get(key)
  }
  throw new Contended(`${maxRounds} others changed a value at the same moment`)
}
