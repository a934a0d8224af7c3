/**
 * Rows of one kind in the library's own words: logical fields over the application's columns.
 *
 * A field that the table lacks is empty in every row, and what is written to it goes nowhere.
 */
import { andThen, type Eventually } from '../eventually.ts'
import type { UserScope, UserStore } from '../users/store.ts'
import type { FindWithUser, RowStore, RowTable } from './row-store.ts'

type FieldOf<Types> = keyof Types & string

/** `Types` is what each logical field holds. */
export class Rows<Types extends object> {
  readonly #store: RowStore<FieldOf<Types>>
  readonly #table: RowTable<FieldOf<Types>>
  readonly #fields: readonly {
    readonly field: FieldOf<Types>
    readonly property: string | undefined
    readonly isPlainNumber: boolean
  }[]
  /** `null` where users are asked by themselves. */
  readonly #findWithUser: FindWithUser | null

  /** @param users Whose rows they are, by the field that has their key: read along by `find`. */
  constructor(
    store: RowStore<FieldOf<Types>>,
    table: RowTable<FieldOf<Types>>,
    users?: { readonly store: UserStore; readonly field: FieldOf<Types> },
  ) {
    this.#store = store
    this.#table = table
    const reference = users && store.map[users.field]
    this.#findWithUser =
      users && reference !== undefined ? (store.withUsers?.(users.store, reference) ?? null) : null
    this.#fields = (Object.keys(table) as FieldOf<Types>[]).map((field) => {
      const { types, key } = table[field]
      const isNumber = types.includes('number') && !types.includes('bigint')
      return { field, property: store.map[field], isPlainNumber: key === undefined && isNumber }
    })
  }

  has(field: FieldOf<Types>): boolean {
    return this.#store.map[field] !== undefined
  }

  /**
   * The row, or `null` where there is none; or what `made` makes of either, and of the user where
   * it was read along.
   */
  find<Field extends FieldOf<Types>, Made = Types | null>(
    field: Field,
    value: Types[Field],
    scope: UserScope,
    made: (row: Types | null, user: object | null) => Made = (row) => row as Made,
  ): Eventually<Made> {
    const [property, written] = [this.#property(field), this.#written(field, value)]
    if (this.#findWithUser === null) {
      const found = this.#store.find(property, written, scope)
      return andThen(found, (row) => made(row && this.#read(row), null))
    }
    const found = this.#findWithUser(property, written, scope)
    return andThen(found, ({ row, user }) => made(row && this.#read(row), user))
  }

  async list<Field extends FieldOf<Types>>(
    field: Field,
    value: Types[Field],
    scope: UserScope,
    empty?: FieldOf<Types>,
  ): Promise<Types[]> {
    const property = this.#property(field)
    const also = empty === undefined ? undefined : this.#property(empty)
    const rows = await this.#store.list(property, this.#written(field, value), scope, also)
    return rows.map((row) => this.#read(row))
  }

  /** May reject with `UniqueViolation` or `RejectedValue`. */
  async insert(values: Types, scope: UserScope): Promise<Types> {
    return this.#read(await this.#store.insert(this.#columns(values), scope))
  }

  /**
   * Whether the row existed and `when` held. Of concurrent updates with one condition, one
   * succeeds.
   */
  update(
    id: string,
    values: Partial<Types>,
    scope: UserScope,
    when: Partial<Types> = {},
  ): Promise<boolean> {
    return this.#store.update(id, this.#columns(values), scope, this.#condition(when))
  }

  /** Under the same rule as `update`. */
  delete(id: string, scope: UserScope, when: Partial<Types> = {}): Promise<boolean> {
    return this.#store.delete(id, scope, this.#condition(when))
  }

  #read(row: object): Types {
    const read: Partial<Record<FieldOf<Types>, unknown>> = {}
    for (const { field, property, isPlainNumber } of this.#fields) {
      const value = property === undefined ? null : (row as Record<string, unknown>)[property]
      // A driver that is told to round nothing hands all whole numbers over as bigint.
      const isWide = isPlainNumber && typeof value === 'bigint'
      read[field] = isWide ? Number(value) : (value ?? null)
    }
    return read as Types
  }

  #columns(values: Partial<Types>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(values).flatMap(([field, value]) => {
        const property = this.#store.map[field as FieldOf<Types>]
        return property === undefined
          ? []
          : [[property, this.#written(field as FieldOf<Types>, value)]]
      }),
    )
  }

  /** Throws for a field that the table lacks: leaving the condition out would match every row. */
  #condition(when: Partial<Types>): Record<string, unknown> {
    for (const field of Object.keys(when)) this.#property(field as FieldOf<Types>)
    return this.#columns(when)
  }

  #property(field: FieldOf<Types>): string {
    const property = this.#store.map[field]
    if (property !== undefined) return property
    throw new Error(`crudauth: the table of ${this.#store.name} has no column for ${field}`)
  }

  /** Another table's key as this table has it: a text column takes any. */
  #written(field: FieldOf<Types>, value: unknown): unknown {
    if (this.#table[field].key !== 'other' || value === null) return value
    const column = this.#store.columns.get(this.#store.map[field] ?? '')
    return column?.type === 'string' ? String(value) : value
  }
}
