/**
 * Sudo in the application's own hands: for a route of its own, and for what it guards.
 */
import { ConfigurationError } from '../../errors.ts'
import type { Gate, Gatekeeper } from '../../gates.ts'
import type { Connection } from '../../http/connection.ts'
import type { ExchangeFor } from '../../http/exchange.ts'
import type { Principal } from '../../principal.ts'
import type { Elevation } from './elevation.ts'

export interface SudoElevation {
  /** When the elevation ends. */
  readonly until: Date
  /**
   * The `Set-Cookie` line that must be on the answer: the session has a new identifier, and the old
   * one opens nothing any more.
   */
  readonly headers: Headers
}

export interface Sudo {
  /**
   * Elevates the session of a request, given its owner's password. Does what `POST /sudo` does.
   *
   * @throws AuthError `not_authenticated` (401), `incorrect_credentials` (401), `session_required` (403)
   *   for a caller without a session, `sudo_locked`, `login_locked` (429), `overloaded`, `storage_unavailable` (503).
   */
  elevate(request: Request, password: string, connection?: Connection): Promise<SudoElevation>
  /**
   * Whether a request comes from an elevated session; `false` for all others and for nobody.
   *
   * @throws AuthError for a bad credential.
   */
  isElevated(request: Request, connection?: Connection): Promise<boolean>
}

export interface SudoControlParts {
  readonly gatekeeper: Gatekeeper
  readonly exchangeFor: ExchangeFor
}

/** Admits who meets the gate from an elevated session. */
export type SudoGuard = (request: Request, connection?: Connection) => Promise<Principal>

export interface SudoControl {
  readonly sudo: Sudo
  readonly requireSudo: (gate?: Gate) => SudoGuard
}

export function sudoControl(
  elevation: Elevation | null,
  { gatekeeper, exchangeFor }: SudoControlParts,
): SudoControl {
  const configured = (): Elevation => {
    if (elevation) return elevation
    throw new ConfigurationError(['sudo is not configured; write sudo: {}'])
  }
  const anyone = gatekeeper.build({})
  const maybe = gatekeeper.build({ optional: true })
  return {
    sudo: {
      async elevate(request, password, connection) {
        const used = configured()
        const exchange = exchangeFor(request, connection)
        // Never null: the gate is not optional.
        const principal = (await gatekeeper.admit(exchange, anyone)) as Principal
        const { until, cookie } = await used.elevate(exchange, principal, password)
        return { until, headers: new Headers({ 'set-cookie': cookie }) }
      },

      async isElevated(request, connection) {
        const used = configured()
        const exchange = exchangeFor(request, connection)
        const principal = await gatekeeper.admit(exchange, maybe)
        return principal !== null && used.isElevated(exchange, principal)
      },
    },

    requireSudo(gate = {}) {
      const used = configured()
      const built = gatekeeper.build({ ...gate, optional: false })
      return async (request, connection) => {
        const exchange = exchangeFor(request, connection)
        const principal = (await gatekeeper.admit(exchange, built)) as Principal
        used.require(exchange, principal)
        return principal
      }
    },
  }
}
