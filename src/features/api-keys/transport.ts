/**
 * The API key transport: a long-lived secret in a header, for programs.
 *
 * A check is one query for the key and one for the user; the storage is not asked.
 */
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import type { Principal } from '../../principal.ts'
import { orGoOn } from '../../storage/outage.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { ApiKeySettings } from './api-keys.ts'
import type { ApiKeys } from './keys.ts'

export class ApiKeyTransport implements Transport {
  readonly name: 'api_key' = 'api_key'
  readonly securityScheme: SecurityScheme
  readonly errors: readonly ErrorCode[] = ['invalid_token']
  readonly settings: ApiKeySettings
  readonly keys: ApiKeys
  readonly #emit: EventListener

  constructor(settings: ApiKeySettings, keys: ApiKeys, emit: EventListener) {
    this.settings = settings
    this.keys = keys
    this.#emit = emit
    this.securityScheme = { type: 'apiKey', in: 'header', name: settings.header }
  }

  async authenticate(context: TransportContext): Promise<Principal | null> {
    const presented = context.request.headers.get(this.settings.header)
    if (presented === null) return null
    const key = await this.keys.find(context.scope, presented)
    if (key === 'unknown') throw new AuthError('invalid_token', 'Invalid API key')
    if (key === 'ended') return null
    const user = await context.resolveUser(key.userId)
    if (user === null || (key.epoch !== null && key.epoch !== context.epochOf(user))) return null
    // The key was found good: nobody is refused because its use could not be noted.
    await orGoOn('touch', this.#emit, this.keys.touch(context.scope, key))
    return context.principal(user, {
      transport: this.name,
      scopes: key.scopes,
      login: key.id,
      metadata: { apiKeyId: key.id },
    })
  }
}
