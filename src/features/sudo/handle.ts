/**
 * Sudo in the application's own hands: for a route of its own, and for what it guards.
 */
import type { House } from '../../feature.ts'
import type { Principal } from '../../principal.ts'
import type { Elevation } from './elevation.ts'

/** An elevation that `auth.sudo.elevate()` made. */
export interface SudoElevation {
  /** When the elevation ends. */
  readonly until: Date
  /**
   * The `Set-Cookie` line that must be on the answer: the session has a new identifier, and the old
   * one opens nothing any more.
   */
  readonly headers: Headers
}

/** Elevates sessions in routes of the application: `auth.sudo`. */
export interface Sudo<C = unknown> {
  /**
   * Elevates the session of a request, given its owner's password. Does what `POST /sudo` does.
   *
   * @param call What stands for the request. Where the framework can, its answer gets the cookie.
   * @throws AuthError `not_authenticated` (401), `incorrect_credentials` (401), `session_required`
   *   (403) for a caller without a session, `sudo_locked`, `login_locked` (429), `overloaded`,
   *   `storage_unavailable` (503).
   */
  elevate(call: C, password: string): Promise<SudoElevation>
  /**
   * Whether a request comes from an elevated session; `false` for all others and for nobody.
   *
   * @throws AuthError for a bad credential.
   */
  isElevated(call: C): Promise<boolean>
}

export function sudoHandle(elevation: Elevation, { calls, gatekeeper }: House): Sudo {
  const anyone = gatekeeper.build({})
  const maybe = gatekeeper.build({ optional: true })
  return {
    async elevate(call, password) {
      const exchange = await calls.exchange(call)
      // Never null: the gate is not optional.
      const principal = (await gatekeeper.admit(exchange, anyone)) as Principal
      const { until, cookie } = await elevation.elevate(exchange, principal, password)
      const headers = new Headers({ 'set-cookie': cookie })
      await calls.addHeaders(call, headers)
      return { until, headers }
    },

    async isElevated(call) {
      const exchange = await calls.exchange(call)
      const principal = await gatekeeper.admit(exchange, maybe)
      return principal !== null && elevation.isElevated(exchange, principal)
    },
  }
}
