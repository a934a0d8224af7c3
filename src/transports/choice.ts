/**
 * What `transports` of the configuration may hold: the ones that ship, described by their
 * factories, and the application's own.
 */
import type { ApiKeyTransportDefinition } from '../features/api-keys/api-keys.ts'
import type { BearerTransportDefinition } from '../features/bearer/bearer.ts'
import type { SessionTransportDefinition } from '../features/session/session.ts'
import type { Transport } from '../transport.ts'

/** A transport that ships, described by its factory, or one of the application's own. */
export type TransportChoice =
  | SessionTransportDefinition
  | BearerTransportDefinition
  | ApiKeyTransportDefinition
  | Transport

export function isApiKeyDefinition(
  transport: TransportChoice,
): transport is ApiKeyTransportDefinition {
  return transport.name === 'api_key' && 'settings' in transport && !('authenticate' in transport)
}

export function isBearerDefinition(
  transport: TransportChoice,
): transport is BearerTransportDefinition {
  return transport.name === 'bearer' && 'settings' in transport && !('authenticate' in transport)
}

export function isSessionDefinition(
  transport: TransportChoice,
): transport is SessionTransportDefinition {
  return transport.name === 'session' && 'settings' in transport && !('authenticate' in transport)
}
