/**
 * Tells operators of locks: of the failure that brought one about, once.
 */
import type { EventListener, LockoutDimension } from '../events.ts'
import { isFailed, type LoggedAttempt } from './attempt-log.ts'
import type { Guess } from './guess.ts'
import { countedFor, isClosed, lockEnd } from './judgement.ts'
import type { Reserved, SettledLog } from './lane.ts'

export class LockoutEvents {
  readonly #isObserved: boolean
  readonly #clock: () => number
  readonly #emit: EventListener

  constructor(isObserved: boolean, parts: { clock: () => number; emit: EventListener }) {
    this.#isObserved = isObserved
    this.#clock = parts.clock
    this.#emit = parts.emit
  }

  /** Tells of the lock of a lane that a failure brought about, if it did. */
  failed(
    guess: Guess,
    dimension: LockoutDimension,
    { attempt, lane }: Reserved,
    { before, after }: SettledLog,
  ): void {
    const now = this.#clock()
    const { rules } = lane
    const read = (log: readonly LoggedAttempt[]) => {
      const all = countedFor(log, attempt.name, rules, now).filter(isFailed)
      const own = all.filter(({ network }) => network === attempt.network)
      return { all, end: lockEnd(own, attempt, rules) }
    }
    const [was, is] = [read(before), read(after)]
    const ofOne = dimension === 'account' ? 'account_network' : dimension
    if (isClosed(is.all, attempt, rules) && !isClosed(was.all, attempt, rules)) {
      const [oldest] = is.all
      const isOfAll = is.all.length >= rules.together
      const lockMs = (oldest?.at ?? now) + rules.horizonMs - now
      this.locked(guess, isOfAll ? dimension : ofOne, lockMs)
    } else if (is.end > now && is.end !== was.end) {
      this.locked(guess, ofOne, is.end - now)
    }
  }

  locked({ userId, network }: Guess, dimension: LockoutDimension, lockMs: number): void {
    this.#emit({
      name: 'lockout.tripped',
      dimension,
      userId,
      address: network,
      lockSeconds: Math.ceil(lockMs / 1000),
      observed: this.#isObserved,
    })
  }
}
