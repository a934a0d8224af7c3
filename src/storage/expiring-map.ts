/**
 * A bounded map whose entries expire: the memory storage keeps one for each kind of state.
 *
 * Entries are linked in the order of their last write, so that a write costs the same however
 * many there are: it looks at a few for expiry, and takes the oldest out where room is needed.
 */

interface Entry<Value> {
  readonly key: string
  readonly value: Value
  /** Milliseconds since the epoch; from then on the entry does not exist. */
  readonly deadline: number
  readonly weight: number
  older: Entry<Value> | undefined
  newer: Entry<Value> | undefined
}

/** How many entries each write looks at: more than one, so that the sweep overtakes the writes. */
const sweptPerWrite = 4

export class ExpiringMap<Value> {
  readonly #clock: () => number
  readonly #capacity: number
  readonly #entries: Map<string, Entry<Value>> = new Map()
  // A list of our own, because finding a Map's first key walks over all that were deleted.
  #oldest: Entry<Value> | undefined
  #newest: Entry<Value> | undefined
  #nextToSweep: Entry<Value> | undefined
  #weight = 0

  constructor(clock: () => number, capacity: number) {
    this.#clock = clock
    this.#capacity = capacity
  }

  /** The live entry under `key`. */
  find(key: string): { readonly value: Value; readonly deadline: number } | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.deadline > this.#clock()) return entry
    this.#remove(entry)
    return undefined
  }

  /** Writes and, where the map is full, evicts what was written longest ago. */
  write(key: string, value: Value, deadline: number, weight: number = 1): void {
    const previous = this.#entries.get(key)
    if (previous) this.#remove(previous)
    this.#sweep()
    while (this.#oldest && this.#weight + weight > this.#capacity) this.#remove(this.#oldest)
    this.#append({ key, value, deadline, weight, older: this.#newest, newer: undefined })
  }

  /** Whether a live entry was there. */
  delete(key: string): boolean {
    const wasLive = this.find(key) !== undefined
    const entry = this.#entries.get(key)
    if (entry) this.#remove(entry)
    return wasLive
  }

  #sweep(): void {
    const now = this.#clock()
    let entry = this.#nextToSweep ?? this.#oldest
    for (let looked = 0; entry && looked < sweptPerWrite; looked++) {
      const { newer } = entry
      if (entry.deadline <= now) this.#remove(entry)
      entry = newer
    }
    this.#nextToSweep = entry
  }

  #append(entry: Entry<Value>): void {
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
    this.#entries.set(entry.key, entry)
    this.#weight += entry.weight
  }

  #remove(entry: Entry<Value>): void {
    const { older, newer } = entry
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    if (this.#nextToSweep === entry) this.#nextToSweep = newer
    this.#entries.delete(entry.key)
    this.#weight -= entry.weight
  }
}
