/**
 * Links with which somebody whose chosen name was taken registers under another one, for an hour.
 *
 * There is no account yet, so a link stands for the address alone: who opens it reads what is sent
 * there, and chooses name and password anew. Nothing that was sent with the registration is kept,
 * since somebody else may have sent it.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { Ground, NameChoice } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { orGoOn, orUnavailable } from '../../storage/outage.ts'
import {
  isInstant,
  isText,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../../storage/records.ts'
import type { UserScope } from '../../users/store.ts'

/** Seconds. */
export const nameChoiceLifetime = 3600

/** How many names one link may try: it tells which are taken. */
const mostTries = 20

interface StoredChoice {
  /** In canonical form. */
  readonly contact: string
  /** The tag of the application. */
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const shape: Shape<StoredChoice> = { contact: isText, audience: isText, expiresAt: isInstant }

export class NameChoices {
  readonly #ground: Ground
  readonly #read: ReadRecord<StoredChoice>

  constructor(ground: Ground) {
    this.#ground = ground
    this.#read = recordReader('name-choice', shape, ground.emit)
  }

  /** Makes what a link stands for. @throws AuthError `storage_unavailable` (503). */
  async make(
    scope: UserScope,
    contact: string,
  ): Promise<{ readonly token: string; readonly expiresAt: Date; undo(): Promise<void> }> {
    const { random, clock, audiences, storage, emit } = this.#ground
    const token = randomToken(random, 32)
    const key = this.#key(scope, token)
    const expiresAt = clock() + nameChoiceLifetime * 1000
    const stored: StoredChoice = { contact, audience: audiences[0] ?? '', expiresAt }
    await this.#stored(storage.set(key, JSON.stringify(stored), nameChoiceLifetime))
    return {
      token,
      expiresAt: new Date(expiresAt),
      undo: () => orGoOn('one_time', emit, storage.delete(key)).then(() => undefined),
    }
  }

  /**
   * What a link stands for, without using it up. Each call is one of twenty tries.
   *
   * @throws AuthError `recovery_token_invalid` (400), `storage_unavailable` (503).
   */
  async find({ scope }: Exchange, token: string): Promise<NameChoice> {
    const { storage, clock, audiences, emit } = this.#ground
    const key = this.#key(scope, token)
    const text = await this.#stored(storage.get(key))
    const choice = this.#read(text)
    const left = choice === null ? 0 : (choice.expiresAt - clock()) / 1000
    if (text === null || choice === null || left <= 0) throw expired()
    if (!audiences.includes(choice.audience)) throw expired()
    if ((await this.#stored(storage.increment(`${key}:tries`, left))) > mostTries) throw expired()
    return {
      contact: choice.contact,
      take: async () => {
        if ((await this.#stored(storage.take(key))) === null) throw expired()
      },
      restore: () => orGoOn('one_time', emit, storage.add(key, text, left)).then(() => undefined),
    }
  }

  #key(scope: UserScope, token: string): string {
    return this.#ground.keys(scope, 'name-choice', sha256(token))
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('one_time', this.#ground.emit, work)
  }
}

function expired(): AuthError {
  return new AuthError('recovery_token_invalid', 'Invalid or expired token')
}
