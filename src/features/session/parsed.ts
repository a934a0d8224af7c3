/**
 * Records that were parsed a moment ago, by their text: a browser comes back with the same session.
 *
 * The storage is asked every time. A record that is kept here counts only for the very text that it
 * was made of, so that nothing that has changed or ended is ever taken from here.
 */

/** Two generations of so many are kept: about a megabyte in all. */
const perGeneration = 500

export interface Parsed {
  readonly handle: string
  readonly stored: string
}

export class RecentlyParsed<Session extends Parsed> {
  #recent: Map<string, Session> = new Map()
  #earlier: Map<string, Session> = new Map()

  /** What was made of this text under this handle, if it is known. */
  find(handle: string, stored: string): Session | undefined {
    const recent = this.#recent.get(handle)
    const found = recent ?? this.#earlier.get(handle)
    if (found?.stored !== stored) return undefined
    if (recent === undefined) this.keep(found)
    return found
  }

  keep(session: Session): void {
    if (this.#recent.size >= perGeneration) {
      this.#earlier = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(session.handle, session)
  }
}
