/**
 * A bound on how long others may take, with one timer for everything that waits: no timer for
 * each operation, and none at all while nothing waits.
 */

interface Waiting {
  /** On the platform's own steady clock, in milliseconds. */
  readonly until: number
  late(): void
}

export class Deadlines {
  readonly #timeoutMs: number
  /** In the order in which they are due, since all may wait equally long. */
  readonly #waiting: Set<Waiting> = new Set()
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs How long anything may take, in milliseconds. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /**
   * What the work gives, or a rejection with `lateError()` once the time is up. Work that was given
   * up goes on by itself; what it gives is dropped.
   */
  within<Value>(work: Promise<Value>, lateError: () => Error): Promise<Value> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        until: performance.now() + this.#timeoutMs,
        late: () => reject(lateError()),
      }
      this.#waiting.add(waiting)
      this.#timer ??= this.#sweepLater()
      work.then(
        (value) => {
          this.#waiting.delete(waiting)
          resolve(value)
        },
        (error: unknown) => {
          this.#waiting.delete(waiting)
          reject(error)
        },
      )
    })
  }

  /** Often enough that nothing waits a quarter longer than it may. */
  #sweepLater(): NodeJS.Timeout {
    const timer = setTimeout(() => this.#sweep(), Math.max(1, Math.min(this.#timeoutMs / 4, 250)))
    timer.unref()
    return timer
  }

  #sweep(): void {
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.until > now) break
      this.#waiting.delete(waiting)
      waiting.late()
    }
    this.#timer = this.#waiting.size > 0 ? this.#sweepLater() : undefined
  }
}
