/**
 * What the lockout answers: the same words for every reason, with and without an account, and where
 * a network is locked at the same moment whatever was done meanwhile.
 */
import { AuthError } from '../errors.ts'
import type { Verdict } from './judgement.ts'

/** What a closed account tells to wait: its next look is an hour away at most. */
export const closedSeconds = 3600

export class Refusals {
  #hasRecovery = false

  /** Told by recovery that an owner who proves the mailbox gets in, so that a refusal names it. */
  learnRecovery(): void {
    this.#hasRecovery = true
  }

  of(verdict: Verdict): AuthError {
    return this.locked(verdict.kind === 'locked' ? verdict.waitMs / 1000 : closedSeconds)
  }

  locked(seconds: number): AuthError {
    const ways = this.#hasRecovery ? ', or reset the password' : ''
    return new AuthError(
      'login_locked',
      `Too many login attempts. Try again later, or use a browser that has logged in before${ways}.`,
      { headers: { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) } },
    )
  }
}

/** When a refusal leaves: longer after its request than a password takes to be looked at. */
const lateMs = 2000
/** So many refusals wait for their moment; those beyond it leave at once, and nothing is done. */
const maxWaiting = 1000

/**
 * Refusals that leave two seconds after they were decided. What is done meanwhile, for some
 * accounts and not for others, cannot be told from how long it took.
 */
export class LateRefusals {
  readonly #pause: (ms: number) => Promise<void>
  #waiting = 0

  constructor(pause: (ms: number) => Promise<void> = pauseFor) {
    this.#pause = pause
  }

  /** @throws The refusal, where too many wait already. */
  begin(refusal: AuthError): LateRefusal {
    if (this.#waiting >= maxWaiting) throw refusal
    this.#waiting++
    const moment = this.#pause(lateMs).then(() => {
      this.#waiting--
    })
    return new LateRefusal(refusal, moment)
  }
}

export class LateRefusal {
  readonly #refusal: AuthError
  readonly #moment: Promise<void>

  constructor(refusal: AuthError, moment: Promise<void>) {
    this.#refusal = refusal
    this.#moment = moment
  }

  /** @throws The refusal, at its moment. */
  async refuse(): Promise<never> {
    await this.#moment
    throw this.#refusal
  }

  /**
   * What the work gives, at once, where that is before the moment.
   *
   * @throws The refusal, at its moment: where the work fails, or takes longer.
   */
  async unless<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = work().then(
      (value) => ({ value }),
      () => null,
    )
    const first = await Promise.race([done, this.#moment.then(() => null)])
    return first === null ? this.refuse() : first.value
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
