/**
 * A bound on how long others may take, with one timer for everything that waits: no timer for
 * each operation, and none at all while nothing waits.
 */

/** One that waits. */
export interface Waiting {
  /** On the platform's own steady clock, in milliseconds; set by `begin`. */
  until: number
  /** Called once the time is up. */
  late(): void
}

export class Deadlines {
  /** How long anything may take, in milliseconds. */
  readonly timeoutMs: number
  /** In the order in which they are due, since all may wait equally long. */
  readonly #waiting: Set<Waiting> = new Set()
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs How long anything may take, in milliseconds. */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  /** From now on it waits, until `end` or too long. */
  begin(waiting: Waiting, now: number = performance.now()): void {
    waiting.until = now + this.timeoutMs
    this.#waiting.add(waiting)
    this.#timer ??= this.#sweepIn(this.timeoutMs)
  }

  end(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  /**
   * What the work gives, or a rejection with `lateError()` once the time is up. Work that was given
   * up goes on by itself; what it gives is dropped.
   */
  within<Value>(work: Promise<Value>, lateError: () => Error): Promise<Value> {
    return new Promise((resolve, reject) => {
      const waiting = { until: 0, late: () => reject(lateError()) }
      this.begin(waiting)
      work.then(
        (value) => {
          this.end(waiting)
          resolve(value)
        },
        (error: unknown) => {
          this.end(waiting)
          reject(error)
        },
      )
    })
  }

  #sweepIn(milliseconds: number): NodeJS.Timeout {
    // Where this process was busy, an answer may have come and waits to be read: first it.
    const sweep = () => setImmediate(() => this.#sweep())
    const timer = setTimeout(sweep, Math.max(1, milliseconds))
    timer.unref()
    return timer
  }

  /** Ends what is due, and comes back for what is due next. */
  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.until > now) {
        this.#timer = this.#sweepIn(waiting.until - now)
        return
      }
      this.#waiting.delete(waiting)
      waiting.late()
    }
  }
}
