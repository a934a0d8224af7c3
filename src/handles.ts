/**
 * The type of `auth`: what every configuration has, and the handles of the features that it names.
 *
 * A feature that is certainly there has its handle; one that may be there, in a list whose content
 * depends on a condition, has it or `undefined`; and one that is not there has none.
 */
import type { Feature, HandleKind, TransportFeature } from './feature.ts'
import type { Transport } from './transport.ts'
import type { UserTypes } from './users/store.ts'

/** What `condition && feature()` leaves where the condition does not hold. */
type Nothing = false | null | undefined | 0 | ''

/** What `transports` takes: `session()`, `bearer()`, `apiKeys(…)`, or a transport of one's own. */
export type TransportEntry = TransportFeature | Transport | Nothing

/** What `features` takes: `sudo()` and its like. */
export type FeatureEntry = (Feature & { readonly authenticates?: never }) | Nothing

type HandleOf<Kind extends HandleKind, T extends UserTypes, C> = (Kind & {
  readonly users: T
  readonly call: C
})['handle']

/** The keys of the features that a list certainly holds: none of a list of unknown length. */
type CertainKeys<List extends readonly unknown[]> = number extends List['length']
  ? never
  : {
      [Index in keyof List]: List[Index] extends { readonly key: infer Key extends string }
        ? Single<Key>
        : never
    }[number]

/** A key that is one, and not a choice of several. */
type Single<Key, All = Key> = Key extends unknown ? ([All] extends [Key] ? Key : never) : never

/** `never` where each alternative of the list has the key. */
type MissingFrom<List extends readonly unknown[], Key> = List extends unknown
  ? Key extends CertainKeys<List>
    ? never
    : true
  : never

/** Those whose key the compiler knows. */
type FeatureIn<List extends readonly unknown[]> = Known<Extract<List[number], Feature>>

type Known<F extends Feature> = F extends unknown ? (string extends F['key'] ? never : F) : never

/** The handles of a list of features, by their keys. */
export type Handles<T extends UserTypes, List extends readonly unknown[], C> = [
  FeatureIn<List>,
] extends [never]
  ? unknown
  : {
      readonly [F in FeatureIn<List> as [MissingFrom<List, F['key']>] extends [never]
        ? F['key']
        : never]: HandleOf<NonNullable<F['kind']>, T, C>
    } & {
      readonly [F in FeatureIn<List> as [MissingFrom<List, F['key']>] extends [never]
        ? never
        : F['key']]?: HandleOf<NonNullable<F['kind']>, T, C>
    }
