/**
 * Whether a request comes from somebody whom the account knows: a browser that logged in before,
 * the one that registered, or a login of the account.
 *
 * It decides which budget and place a request for a message gets, and whether a first proof keeps
 * the password. It is never a proof by itself.
 */
import { AuthError } from '../errors.ts'
import type { House } from '../feature.ts'
import type { BuiltGate } from '../gates.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Principal } from '../principal.ts'

export class Acquaintance {
  readonly #house: House
  readonly #anyLogin: BuiltGate | null

  constructor(house: House) {
    this.#house = house
    const names = house.persons.map(({ name }) => name)
    this.#anyLogin =
      names.length === 0 ? null : house.gatekeeper.build({ optional: true, transport: names })
  }

  /** A known device, the registering browser, or a login: the account's own places and budgets. */
  async isKnown(exchange: Exchange, row: object): Promise<boolean> {
    return (await this.#isKnownDevice(exchange, row)) || (await this.ownsPassword(exchange, row))
  }

  /**
   * The registering browser, or a login of the account: whoever sits there made the account, or had
   * its password.
   *
   * @param deviceToken What a client without cookies sent.
   */
  async ownsPassword(exchange: Exchange, row: object, deviceToken?: string): Promise<boolean> {
    const principal = await this.loginOf(exchange)
    if (principal !== null && this.#isOf(principal, row)) return true
    const { accounts, devices } = this.#house
    return devices.isRegistrant(exchange, accounts.owner(row), deviceToken)
  }

  /**
   * Whose login a request carries; `null` also for one that does not count, such as one without its
   * CSRF token.
   */
  async loginOf(exchange: Exchange): Promise<Principal | null> {
    if (this.#anyLogin === null) return null
    try {
      return await this.#house.gatekeeper.admit(exchange, this.#anyLogin)
    } catch (error) {
      if (error instanceof AuthError && error.status < 500) return null
      throw error
    }
  }

  #isOf(principal: Principal, row: object): boolean {
    return String(principal.userId) === String(this.#house.accounts.id(row))
  }

  async #isKnownDevice(exchange: Exchange, row: object): Promise<boolean> {
    const { accounts, devices } = this.#house
    return (await devices.recognise(exchange, String(accounts.id(row)))) !== null
  }
}
