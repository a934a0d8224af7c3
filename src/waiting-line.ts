/**
 * The way to a server that may answer late, or never: so many operations are under way at once, the
 * others wait for their turn.
 *
 * What has waited for too long is told so and is never sent, so that a server that comes back finds
 * little to work off, and nothing that nobody waits for. Where nothing at all is answered any more,
 * operations are refused at once.
 */
import { Deadlines, type Waiting } from './deadlines.ts'
import { type Eventually, isPromise } from './eventually.ts'
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

interface Operation extends Waiting {
  /** Whether it was sent, and counts among those under way. */
  isUnderWay: boolean
  wasSent: boolean
  /** Whether it is still to be sent. */
  isWanted(): boolean
  begin(): void
}

export class WaitingLine {
  readonly #limits: LineLimits
  readonly #errorOf: (given: GivenUp) => Error
  readonly #isOutage: (error: unknown) => boolean
  readonly #deadlines: Deadlines
  readonly #silence: Silence = new Silence(slowestAskMs)
  /** In the order in which they came. */
  readonly #waiting: Set<Operation> = new Set()
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
   * What an operation gives, or a rejection in time. At once, where it is answered at once: a
   * driver that is synchronous keeps nobody waiting. An error comes by a promise all the same, so
   * that who asks for several at once hears of each.
   *
   * @param isWanted Asked when its turn comes: what nobody wants any more is not sent.
   * @param asError What to reject with for an error, whoever threw it.
   */
  run<Value>(
    work: () => Eventually<Value>,
    isWanted: () => boolean = always,
    asError: (error: unknown) => unknown = asItIs,
  ): Eventually<Value> {
    const isSilent = this.#silence.isThere
    if (isSilent || this.#waiting.size >= maxWaiting) {
      const refusal = this.#refusal(performance.now())
      if (refusal !== null) return Promise.reject(asError(refusal))
    }
    // What asks a silent server again does not wait for those that it has not answered.
    const isItsTurn = this.#underWay < this.#limits.atOnce || isSilent
    let answer: Eventually<Value> | undefined
    if (isItsTurn) {
      try {
        answer = work()
      } catch (error) {
        this.#noted(error)
        return Promise.reject(asError(error))
      }
      if (!isPromise(answer)) {
        // Where nobody waits for anything, when it was heard does not matter.
        if (isSilent || this.#underWay > 0) this.#silence.heard()
        return answer
      }
    }
    const startedAt = performance.now()
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(asError(error))
      const operation: Operation = {
        until: 0,
        isUnderWay: false,
        wasSent: false,
        isWanted,
        late: () => fail(this.#late(operation, startedAt)),
        begin: () => this.#begin(operation, () => answer ?? work(), resolve, fail),
      }
      this.#deadlines.begin(operation, startedAt)
      if (isItsTurn) operation.begin()
      else this.#waiting.add(operation)
    })
  }

  #late(operation: Operation, startedAt: number): Error {
    const { wasSent } = operation
    this.#silence.missed(startedAt)
    this.#waiting.delete(operation)
    if (wasSent) this.#forgetLater(operation)
    const message = `no answer within ${this.#limits.timeoutMs} ms`
    return this.#errorOf({ reason: 'late', wasSent, message })
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

  #begin<Value>(
    operation: Operation,
    work: () => Eventually<Value>,
    resolve: (value: Value) => void,
    fail: (error: unknown) => void,
  ): void {
    operation.isUnderWay = true
    operation.wasSent = true
    this.#underWay++
    const done = (value: Value) => {
      this.#silence.heard()
      this.#end(operation)
      resolve(value)
    }
    const failed = (error: unknown) => {
      this.#noted(error)
      this.#end(operation)
      fail(error)
    }
    try {
      const answer = work()
      if (isPromise(answer)) answer.then(done, failed)
      else done(answer)
    } catch (error) {
      failed(error)
    }
  }

  /** An error is an answer, too, unless it says that there is none. */
  #noted(error: unknown): void {
    if (!this.#isOutage(error)) this.#silence.heard()
  }

  #end(operation: Operation): void {
    this.#deadlines.end(operation)
    this.#leave(operation)
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
      else next.late()
    }
  }

  #forgetLater(operation: Operation): void {
    const forgottenAfterMs = this.#limits.forgottenAfterMs ?? 60_000
    setTimeout(() => this.#leave(operation), forgottenAfterMs).unref()
  }
}

const always = () => true
const asItIs = (error: unknown) => error
