/**
 * A bounded map whose entries expire: the memory storage keeps one for each kind of state.
 *
 * A write costs the same however many entries there are: it looks at a few for expiry, and where
 * room is needed the oldest go. An entry is a number in a `Map`, and its value and deadline are in
 * lists at that place: an object for each would take as much again as all of it.
 */

/** How many entries each write looks at: more than one, so that the sweep overtakes the writes. */
const sweptPerWrite = 4

/** Of a full map so large a part goes at once: to find the oldest is to pass those that left. */
const shareThatGoes = 1 / 1024

export class ExpiringMap<Value> {
  readonly #clock: () => number
  readonly #capacity: number
  readonly #weigh: (value: Value) => number
  /** The place of each entry; what was written longest ago comes first. */
  readonly #places: Map<string, number> = new Map()
  readonly #values: (Value | undefined)[] = []
  /** Milliseconds since the epoch; from then on the entry does not exist. */
  readonly #deadlines: number[] = []
  readonly #free: number[] = []
  #sweep: MapIterator<[string, number]>
  #weight = 0

  /** @param weigh What a value takes of the capacity. */
  constructor(clock: () => number, capacity: number, weigh: (value: Value) => number = () => 1) {
    this.#clock = clock
    this.#capacity = capacity
    this.#weigh = weigh
    this.#sweep = this.#places.entries()
  }

  /** The live value under `key`. */
  get(key: string): Value | undefined {
    const place = this.#livePlace(key)
    return place === undefined ? undefined : this.#values[place]
  }

  /** The deadline of the live entry under `key`; 0 where there is none. */
  deadlineOf(key: string): number {
    const place = this.#livePlace(key)
    return place === undefined ? 0 : (this.#deadlines[place] ?? 0)
  }

  /** Writes and, where the map is full, evicts what was written longest ago. */
  write(key: string, value: Value, deadline: number): void {
    const previous = this.#places.get(key)
    if (previous !== undefined) this.#remove(key, previous)
    this.#sweepSome()
    const weight = this.#weigh(value)
    if (this.#weight + weight > this.#capacity) this.#makeRoom(weight)
    const place = this.#free.pop() ?? this.#values.length
    this.#places.set(key, place)
    this.#values[place] = value
    this.#deadlines[place] = deadline
    this.#weight += weight
  }

  /** Takes the live value out. */
  take(key: string): Value | undefined {
    const place = this.#livePlace(key)
    if (place === undefined) return undefined
    const value = this.#values[place]
    this.#remove(key, place)
    return value
  }

  /** Whether a live entry was there. */
  delete(key: string): boolean {
    const place = this.#livePlace(key)
    if (place === undefined) return false
    this.#remove(key, place)
    return true
  }

  #livePlace(key: string): number | undefined {
    const place = this.#places.get(key)
    if (place === undefined || (this.#deadlines[place] ?? 0) > this.#clock()) return place
    this.#remove(key, place)
    return undefined
  }

  #sweepSome(): void {
    const now = this.#clock()
    for (let looked = 0; looked < sweptPerWrite; looked++) {
      const { value: entry, done } = this.#sweep.next()
      if (done) {
        this.#sweep = this.#places.entries()
        return
      }
      const [key, place] = entry
      if ((this.#deadlines[place] ?? 0) <= now) this.#remove(key, place)
    }
  }

  #makeRoom(weight: number): void {
    const most = this.#capacity - weight - Math.floor(this.#capacity * shareThatGoes)
    for (const [key, place] of this.#places) {
      this.#remove(key, place)
      if (this.#weight <= most) return
    }
  }

  #remove(key: string, place: number): void {
    this.#weight -= this.#weigh(this.#values[place] as Value)
    this.#places.delete(key)
    this.#values[place] = undefined
    this.#free.push(place)
    if (this.#places.size > 0) return
    for (const list of [this.#values, this.#deadlines, this.#free]) list.length = 0
  }
}
