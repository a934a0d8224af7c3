/**
 * Sessions that another login has opened, such as one by hand-off from an application: they end
 * with it.
 *
 * The opener is asked at each use, so that however it ends, it needs to know of no session. Other
 * sessions pay nothing for it.
 */
import type { PersonTransport } from '../../feature.ts'
import type { UserScope } from '../../users/store.ts'
import type { SessionRecord } from './record.ts'

type IsAlive = NonNullable<PersonTransport['isAlive']>

export class Openers {
  #isAliveBy: ReadonlyMap<string, IsAlive> = new Map()

  /** The transports whose logins may have opened sessions. */
  learn(persons: readonly PersonTransport[]): void {
    this.#isAliveBy = new Map(
      persons.flatMap((person) => (person.isAlive ? [[person.name, person.isAlive]] : [])),
    )
  }

  /**
   * Whether the login that opened a session lives; `true` where none did. One of a transport that
   * is there no more has ended.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async isAlive(
    scope: UserScope,
    { record: { openedBy } }: { readonly record: SessionRecord },
  ): Promise<boolean> {
    if (openedBy === undefined) return true
    const [transport, login] = openedBy
    return (await this.#isAliveBy.get(transport)?.(scope, login)) ?? false
  }
}
