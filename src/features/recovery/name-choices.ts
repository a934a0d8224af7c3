/**
 * Links with which somebody whose chosen name was taken registers under another one, for an hour.
 *
 * There is no account yet, so a link stands for the address alone: who opens it reads what is sent
 * there, and chooses name and password anew. Nothing that was sent with the registration is kept,
 * since somebody else may have sent it.
 */
import { AddressRecords, type MadeAddressRecord } from '../../credentials/address-records.ts'
import type { Ground, NameChoice } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { UserScope } from '../../users/store.ts'
import { expired } from './redeem.ts'

/** Seconds. */
export const nameChoiceLifetime = 3600

/** How many names one link may try: it tells which are taken. */
const mostTries = 20

export class NameChoices {
  readonly #records: AddressRecords

  constructor(ground: Ground) {
    this.#records = new AddressRecords(ground, 'name-choice', mostTries)
  }

  /** Makes what a link stands for. @throws AuthError `storage_unavailable` (503). */
  make(scope: UserScope, contact: string): Promise<MadeAddressRecord> {
    return this.#records.make(scope, contact, nameChoiceLifetime)
  }

  /**
   * What a link stands for, without using it up. Each call is one of twenty tries.
   *
   * @throws AuthError `recovery_token_invalid` (400), `storage_unavailable` (503).
   */
  async find({ scope }: Exchange, token: string): Promise<NameChoice> {
    const record = await this.#records.find(scope, token)
    if (record === null) throw expired()
    return {
      contact: record.contact,
      async take() {
        if (!(await record.take())) throw expired()
      },
      restore: () => record.restore(),
    }
  }
}
