/**
 * The way to a server that may answer late, or never: so many operations are under way at once, the
 * others wait for their turn.
 *
 * What has waited for too long is told so and is never sent, so that a server that comes back finds
 * little to work off, and nothing that nobody waits for. Where nothing at all is answered any more,
 * operations are refused at once.
 */
import { Deadlines } from './deadlines.ts'
import { Silence } from './silence.ts'

export interface LineLimits {
  /** How long an operation may take, its turn included, in milliseconds. */
  readonly timeoutMs: number
  /** How many may be under way, whether or not anybody still waits for them. */
  readonly atOnce: number
  /**
   * For how long one that was given up still counts, in milliseconds: a driver may have forgotten
   * it. Default a minute.
   */
  readonly forgottenAfterMs?: number
}

/** Why an operation was given up, and whether it had been sent: then it may still take place. */
export interface GivenUp {
  readonly reason: 'late' | 'silent' | 'overloaded'
  readonly wasSent: boolean
  readonly message: string
}

/** How many may wait for their turn. */
const maxWaiting = 10_000

/** How seldom a silent server is asked: a driver without a time limit keeps what it was given. */
const slowestAskMs = 2000

interface Operation {
  /** Whether it counts among those under way. */
  isUnderWay: boolean
}

interface Waiting {
  /** Whether it is still to be sent. */
  isWanted(): boolean
  begin(): void
  drop(): void
}

export class WaitingLine {
  readonly #limits: LineLimits
  readonly #errorOf: (given: GivenUp) => Error
  readonly #isOutage: (error: unknown) => boolean
  readonly #deadlines: Deadlines
  readonly #silence: Silence = new Silence(slowestAskMs)
  /** In the order in which they came. */
  readonly #waiting: Set<Waiting> = new Set()
  #underWay = 0

  /**
   * @param errorOf The error for an operation that was given up.
   * @param isOutage Whether an error of an operation is no answer of the server.
   */
  constructor(
    limits: LineLimits,
    errorOf: (given: GivenUp) => Error,
    isOutage: (error: unknown) => boolean,
  ) {
    this.#limits = limits
    this.#errorOf = errorOf
    this.#isOutage = isOutage
    this.#deadlines = new Deadlines(limits.timeoutMs)
  }

  /**
   * What an operation gives, or a rejection in time.
   *
   * @param isWanted Asked when its turn comes: what nobody wants any more is not sent.
   */
  run<Value>(work: () => Promise<Value>, isWanted: () => boolean = always): Promise<Value> {
    const startedAt = performance.now()
    const refusal = this.#refusal(startedAt)
    if (refusal !== null) return Promise.reject(refusal)
    const operation: Operation = { isUnderWay: false }
    let waiting: Waiting | null = null
    const late = () => {
      this.#silence.missed(startedAt)
      const wasSent = waiting === null || !this.#waiting.delete(waiting)
      if (wasSent) this.#forgetLater(operation)
      const message = `no answer within ${this.#limits.timeoutMs} ms`
      return this.#errorOf({ reason: 'late', wasSent, message })
    }
    // What asks a silent server again does not wait for those that it has not answered.
    if (this.#underWay < this.#limits.atOnce || this.#silence.isThere) {
      return this.#deadlines.within(this.#begin(work, operation), late)
    }
    const answer = new Promise<Value>((resolve, reject) => {
      waiting = {
        isWanted,
        begin: () => this.#begin(work, operation).then(resolve, reject),
        drop: () => reject(late()),
      }
      this.#waiting.add(waiting)
    })
    return this.#deadlines.within(answer, late)
  }

  /** Why an operation is not even tried. */
  #refusal(now: number): Error | null {
    const silentMs = this.#silence.refuses(now)
    if (silentMs !== null) {
      const message = `no answer for ${(silentMs / 1000).toFixed(1)} s`
      return this.#errorOf({ reason: 'silent', wasSent: false, message })
    }
    if (this.#waiting.size < maxWaiting) return null
    const message = `${maxWaiting} operations wait for their turn`
    return this.#errorOf({ reason: 'overloaded', wasSent: false, message })
  }

  async #begin<Value>(work: () => Promise<Value>, operation: Operation): Promise<Value> {
    operation.isUnderWay = true
    this.#underWay++
    try {
      const value = await work()
      this.#silence.heard()
      return value
    } catch (error) {
      if (!this.#isOutage(error)) this.#silence.heard()
      throw error
    } finally {
      this.#leave(operation)
    }
  }

  /** Makes room for the next. */
  #leave(operation: Operation): void {
    if (!operation.isUnderWay) return
    operation.isUnderWay = false
    this.#underWay--
    for (const next of this.#waiting) {
      if (this.#underWay >= this.#limits.atOnce) return
      this.#waiting.delete(next)
      if (next.isWanted()) next.begin()
      else next.drop()
    }
  }

  #forgetLater(operation: Operation): void {
    const forgottenAfterMs = this.#limits.forgottenAfterMs ?? 60_000
    setTimeout(() => this.#leave(operation), forgottenAfterMs).unref()
  }
}

const always = () => true
