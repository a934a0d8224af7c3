/** A clock that only tests move. */
export class Clock {
  /** Milliseconds since the epoch. */
  now: number = Date.UTC(2026, 0, 1)
  readonly read = (): number => this.now
  advance(seconds: number): void {
    this.now += seconds * 1000
  }
}
