/**
 * Every route of a configuration, in the contract's order (§2): what is mounted when.
 */
import type { Settings } from './config.ts'
import type { KnownDevices } from './credentials/known-devices.ts'
import type { Credentials } from './credentials/password-check.ts'
import type { Revocation } from './credentials/revocation.ts'
import { ConfigurationError } from './errors.ts'
import { apiKeyRoutes } from './features/api-keys/key-routes.ts'
import { tokenRoutes } from './features/bearer/token-routes.ts'
import { meRoutes } from './features/me/me.ts'
import { freshLogin } from './features/passwords/fresh-login.ts'
import { passwordRoutes } from './features/passwords/password-routes.ts'
import { registerRoutes } from './features/register/register.ts'
import { registration } from './features/register/registration.ts'
import { loginRoutes } from './features/session/login-routes.ts'
import { deviceRoutes } from './features/session/management-routes.ts'
import type { Elevation } from './features/sudo/elevation.ts'
import { sudoRoutes } from './features/sudo/sudo-route.ts'
import type { Gatekeeper } from './gates.ts'
import type { RunHook } from './hooks.ts'
import type { Cookie } from './http/cookies.ts'
import type { OriginGuard } from './http/origin.ts'
import type { Route } from './http/route.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { AssembledTransports } from './transports/assemble.ts'
import type { Accounts } from './users/accounts.ts'
import { provisioning } from './users/provisioning.ts'

export interface MountedRouteParts {
  readonly settings: Settings
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly credentials: Credentials
  readonly devices: KnownDevices
  readonly deviceCookie: Cookie
  readonly transports: AssembledTransports
  readonly revocation: Revocation
  /** `null` where sudo is not configured. */
  readonly elevation: Elevation | null
  readonly gatekeeper: Gatekeeper
  readonly originAllowed: OriginGuard
  readonly runHook: RunHook
}

/** @throws ConfigurationError when a path of the application's choice is taken. */
export function mountedRoutes(parts: MountedRouteParts): readonly Route[] {
  const routes = [
    ...registerRoutes(registerParts(parts)),
    ...meRoutes({ accounts: parts.accounts, gate: parts.gatekeeper.build({}) }),
    ...passwords(parts),
    ...management(parts),
    ...logins(parts),
    ...apiKeys(parts),
  ]
  const elevating = sudo(parts)
  for (const { method, path } of elevating) {
    if (!routes.some((other) => other.method === method && other.path === path)) continue
    throw new ConfigurationError([
      `sudo.route is '${path}', where another route is mounted; write another path, or true for '/sudo'`,
    ])
  }
  return [...routes, ...elevating]
}

function registerParts({ settings, accounts, passwords, runHook }: MountedRouteParts) {
  const { users, hooks, random, emit, registration: options } = settings
  const provision = provisioning(users, accounts.identity, options, emit)
  const register = registration({ accounts, passwords, hooks, runHook, random, provision })
  return { accounts, passwords, options, register }
}

/**
 * Over sessions and tokens, which a person got with a proof of who they are. A key for a program,
 * of ours or of the application's own making, must not be able to make itself a password.
 */
function passwords(parts: MountedRouteParts): Route[] {
  const { transports, gatekeeper } = parts
  const people = [transports.session, transports.bearer?.transport]
  const names = people.flatMap((transport) => transport?.name ?? [])
  if (names.length === 0) return []
  const { passwords: options, clock, emit } = parts.settings
  const transport = transports.session ?? null
  const bearer = options.setWithToken === 'fresh' ? transports.bearer?.transport : undefined
  return passwordRoutes({
    ...parts,
    transport,
    requireFreshLogin: freshLogin({ transport, bearer: bearer ?? null, clock }),
    gate: gatekeeper.build({ transport: names }),
    emit,
  })
}

function management(parts: MountedRouteParts): Route[] {
  const { session } = parts.transports
  if (!session?.sessions.settings.managementRoutes) return []
  return deviceRoutes({
    ...parts,
    transport: session,
    gate: parts.gatekeeper.build({ transport: session.name }),
    emit: parts.settings.emit,
  })
}

function logins(parts: MountedRouteParts): Route[] {
  const { transports } = parts
  const { emit, clock } = parts.settings
  const { session, bearer } = transports
  return [
    ...(session
      ? loginRoutes({
          ...parts,
          transport: session,
          refreshLogin: bearer?.refreshLogin ?? null,
          emit,
        })
      : []),
    ...(bearer ? tokenRoutes({ ...parts, ...bearer, clock, emit }) : []),
  ]
}

function apiKeys({ accounts, transports, elevation, gatekeeper }: MountedRouteParts): Route[] {
  const transport = transports.apiKeys
  if (!transport?.settings.managementRoutes) return []
  const requireSudo =
    transport.settings.managementRoutes === 'sudo' && elevation
      ? elevation.require.bind(elevation)
      : null
  const gate = gatekeeper.build({ transport: 'session' })
  return apiKeyRoutes({ accounts, transport, gate, requireSudo })
}

function sudo({ settings, transports, elevation, gatekeeper }: MountedRouteParts): Route[] {
  const path = settings.sudo?.route ?? null
  const transport = transports.session
  if (path === null || !elevation || !transport) return []
  return sudoRoutes({ elevation, transport, path, gate: gatekeeper.build({}) })
}
