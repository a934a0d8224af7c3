/**
 * Places for live one-time records: two of an account's are for strangers, and one is kept for who
 * is known to it. A request that finds no place makes nothing and ends nothing: what was sent
 * before stays good. A client that asks again gets its own place again, and its earlier record
 * ends.
 */
import { sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { isInstant, isText, type ReadRecord, recordReader, type Shape } from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'

/** Who asked for a record. */
export interface OneTimeClient {
  /** Names the browser or the client; opens nothing. */
  readonly id: string
  /** Whether it is known to the account: a known device, the registering browser, a login. */
  readonly isKnown: boolean
}

/** Whose places they are. */
export interface PlaceOwner {
  readonly scope: UserScope
  readonly purpose: string
  /** The account's primary key, as text. */
  readonly user: string
  /** A digest of the account's state: under another one a record is dead, and its place free. */
  readonly state: string
}

interface Place {
  /** A digest of the client's name. */
  readonly client: string
  /** The key of the record. */
  readonly record: string
  readonly state: string
  readonly expiresAt: number
}

const placeShape: Shape<Place> = {
  client: isText,
  record: isText,
  state: isText,
  expiresAt: isInstant,
}

const strangersPlaces = ['stranger-1', 'stranger-2'] as const
const knownPlace = 'known'

interface Chosen {
  readonly key: string
  /** What is there now, as it is stored. */
  readonly stored: string | null
  readonly earlier: Place | null
}

export class OneTimePlaces {
  readonly #storage: Storage
  readonly #keys: StorageKeys
  readonly #clock: () => number
  readonly #read: ReadRecord<Place>

  constructor(parts: {
    readonly storage: Storage
    readonly keys: StorageKeys
    readonly clock: () => number
    readonly emit: EventListener
  }) {
    this.#storage = parts.storage
    this.#keys = parts.keys
    this.#clock = parts.clock
    this.#read = recordReader('one-time-place', placeShape, parts.emit)
  }

  /** Whether `take` would find one at this moment. */
  async isThere(owner: PlaceOwner, client: OneTimeClient): Promise<boolean> {
    return (await this.#choose(this.#keysOf(owner, client), client, owner.state)) !== null
  }

  /**
   * Takes a place for a record; ends the one that this client had there before. Returns its key, or
   * `null` when there is none left for this client.
   */
  async take(
    owner: PlaceOwner,
    client: OneTimeClient,
    record: string,
    expiresAt: number,
    lifetime: number,
  ): Promise<string | null> {
    const keys = this.#keysOf(owner, client)
    const { state } = owner
    const place: Place = { client: sha256(client.id), record, state, expiresAt }
    const text = JSON.stringify(place)
    for (;;) {
      const chosen = await this.#choose(keys, client, state)
      if (chosen === null) return null
      const { key, stored, earlier } = chosen
      const isOurs =
        stored === null
          ? await this.#storage.add(key, text, lifetime)
          : await this.#storage.replace(key, text, lifetime, stored)
      // Somebody else was quicker; look again.
      if (!isOurs) continue
      if (earlier !== null) await this.#storage.delete(earlier.record)
      return key
    }
  }

  /** Frees a place, unless another record has it by now. */
  async leave(place: string | null, record: string): Promise<void> {
    if (place === null) return
    const held = this.#read(await this.#storage.get(place))
    if (held?.record === record) await this.#storage.delete(place)
  }

  #keysOf({ scope, purpose, user }: PlaceOwner, { isKnown }: OneTimeClient): readonly string[] {
    const names = isKnown ? [knownPlace, ...strangersPlaces] : strangersPlaces
    return names.map((name) => this.#keys(scope, `one-time-place-${purpose}`, `${name}:${user}`))
  }

  /** The client's own place, else one that is free, or whose record is dead; else `null`. */
  async #choose(
    keys: readonly string[],
    { id }: OneTimeClient,
    state: string,
  ): Promise<Chosen | null> {
    const client = sha256(id)
    const places = await Promise.all(
      keys.map(async (key) => {
        const stored = await this.#storage.get(key)
        return { key, stored, earlier: this.#read(stored) }
      }),
    )
    const isFree = ({ earlier }: Chosen) =>
      earlier === null || earlier.state !== state || earlier.expiresAt <= this.#clock()
    const own = places.find(({ earlier }) => earlier?.client === client)
    return own ?? places.find(isFree) ?? null
  }
}
