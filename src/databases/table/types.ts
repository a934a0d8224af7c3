/**
 * Column maps as the compiler checks them: from a row's type, whichever query builder made it.
 */
import type { ColumnCodec } from '../../users/codec.ts'
import type { LogicalField, LogicalTypes } from '../../users/store.ts'

/** The properties of a row that can hold a value. */
export type PropertiesFor<Row, Value> = {
  [Property in keyof Row & string]: Row[Property] extends Value | null ? Property : never
}[keyof Row & string]

/** Logical field to property, for the rows of one kind; `Types` is what each field holds. */
export type RowColumnsOf<Row, Types> = {
  readonly [Field in keyof Types]?: PropertiesFor<Row, Types[Field]>
}

/** A column that is compared without regard to case, for rows that were written in any. */
export type FoldedColumn<Row> =
  | { readonly property: PropertiesFor<Row, string>; readonly ignoreCase: boolean }
  | {
      readonly property: PropertiesFor<Row, string>
      /** The column that has it in one case, unique, by which it is looked up. */
      readonly folded: {
        readonly property: PropertiesFor<Row, string>
        /** Default `lower`. */
        readonly to?: 'lower' | 'upper'
      }
    }

/** A flag that its column spells another way. */
export type CodedFlag<Row> = {
  [Property in keyof Row & string]: {
    readonly property: Property
    readonly codec: ColumnCodec<boolean, Row[Property]>
  }
}[keyof Row & string]

/** A password hash that stands in several columns, such as hash and salt. */
export interface SplitHashColumn<Row> {
  /** The column of the hash. A text of ours goes there whole, and empties the others. */
  readonly property: PropertiesFor<Row, string>
  /** The other columns: the salt, the rounds, the algorithm. */
  readonly parts: readonly (keyof Row & string)[]
  /**
   * Makes one text of them, in that order, which a format of `crudauth/hashes` understands. It is
   * not asked where all the others are empty.
   */
  readonly text: (hash: string, ...parts: string[]) => string
  /** What empties the others. Default `null`; in a column that takes none `''` or `0`. */
  readonly unset?: string | number | null
}

type Flags = 'isActive' | 'isSuperuser' | 'emailVerified'
type Names = 'email' | 'username'

/**
 * What a logical field can be tied to; `null` where the column of its name means something else.
 */
export type ColumnFor<Row, Field extends LogicalField> =
  | (Field extends 'id' | 'hashedPassword' ? never : null)
  | PropertiesFor<Row, LogicalTypes[Field]>
  | (Field extends Flags ? CodedFlag<Row> : never)
  | (Field extends Names ? FoldedColumn<Row> : never)
  | (Field extends 'hashedPassword' ? SplitHashColumn<Row> : never)

/** The field of who an account is at a provider: `googleId`. */
export type IdentityField = `${string}Id`

/**
 * Logical field to property; a property that does not exist or fit does not compile. `null` for an
 * `…Id` column that says nothing about providers.
 */
export type ColumnMapOf<Row> = {
  readonly [Field in LogicalField]?: ColumnFor<Row, Field>
} & { readonly [Field in IdentityField]?: PropertiesFor<Row, string> | null }

/** Further fields of the identity, such as `phone` and `phoneVerified`. */
export type FactorMapOf<Row> = Readonly<
  Record<string, PropertiesFor<Row, string | boolean> | FoldedColumn<Row> | CodedFlag<Row>>
>

/**
 * The property to which a map ties a field: the field's own name where it does not say. Of a hash
 * in several columns all of them.
 */
export type PropertyOf<Columns, Field extends LogicalField> = Columns extends {
  readonly [F in Field]: infer Entry
}
  ? Entry extends string
    ? Entry
    : Entry extends {
          readonly property: infer Property extends string
          readonly parts: readonly (infer Part extends string)[]
        }
      ? Property | Part
      : Field
  : Field
