/**
 * Whether a server has fallen silent: a whole time limit has passed since it last answered
 * anything. Operations are then refused at once, but for one from time to time that asks again.
 *
 * Times are milliseconds of the platform's own steady clock.
 */

/** How soon a server that has just fallen silent is asked again. */
const firstAskMs = 100

export class Silence {
  readonly #slowestAskMs: number
  #heardAt = 0
  #since: number | null = null
  #asksAgainAt = 0

  /**
   * @param slowestAskMs How seldom, at most, a server is asked that has been silent for long. Where
   *   what nobody answers piles up somewhere, less is asked the longer the silence lasts.
   */
  constructor(slowestAskMs: number = firstAskMs) {
    this.#slowestAskMs = slowestAskMs
  }

  get isThere(): boolean {
    return this.#since !== null
  }

  heard(): void {
    this.#heardAt = performance.now()
    this.#since = null
  }

  /**
   * An operation that began then has not been answered in time. For how long there has been
   * silence, or `null` when others were answered meanwhile.
   */
  missed(startedAt: number): number | null {
    if (this.#heardAt >= startedAt) return null
    this.#since ??= startedAt
    return performance.now() - this.#since
  }

  /** For how long there has been silence, where an operation is refused for it; else `null`. */
  refuses(now: number): number | null {
    if (this.#since === null) return null
    const silentMs = now - this.#since
    if (now < this.#asksAgainAt) return silentMs
    const pauseMs = Math.min(this.#slowestAskMs, Math.max(firstAskMs, silentMs / 10))
    this.#asksAgainAt = now + pauseMs
    return null
  }
}
