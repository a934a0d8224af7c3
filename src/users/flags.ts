/**
 * The flags of the users table, however their columns spell them.
 */
import type { UserStore } from './store.ts'

type Values = Readonly<Record<string, unknown>>

export class Flags {
  readonly #store: UserStore
  readonly #clock: () => number

  constructor(store: UserStore, clock: () => number) {
    this.#store = store
    this.#clock = clock
  }

  /** Whether a flag is up; nothing but `true` counts, however the column spells it. */
  isSet(row: object, property: string | null | undefined): boolean {
    if (property === undefined || property === null) return false
    const stored = (row as Values)[property]
    const codec = this.#store.codecs?.get(property)
    return (codec ? codec.read(stored, new Date(this.#clock())) : stored) === true
  }

  /** What is written to put flags up or down; those without a column are left out. */
  written(flags: readonly (readonly [property: string | null | undefined, up: boolean])[]): Values {
    const now = new Date(this.#clock())
    const values: Record<string, unknown> = {}
    for (const [property, up] of flags) {
      if (!property) continue
      const codec = this.#store.codecs?.get(property)
      values[property] = codec ? codec.write(up, now) : up
    }
    return values
  }

  /** Whether a new row may be left to what the table itself says. */
  hasDefault(property: string): boolean {
    const isCoded = this.#store.codecs?.has(property) ?? false
    return !isCoded && (this.#store.columns.get(property)?.hasDefault ?? false)
  }
}
