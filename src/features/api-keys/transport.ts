/**
 * The API key transport: a long-lived secret in a header, for programs.
 *
 * A check is one query for the key and one for the user; the storage is not asked.
 */
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { isPromise } from '../../eventually.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import type { Principal } from '../../principal.ts'
import { orGoOn } from '../../storage/outage.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { ApiKeySettings } from './api-keys.ts'
import type { ApiKeys, LiveApiKey } from './keys.ts'

/** Whether a key is alive under this epoch of its owner. */
function isOfEpoch({ epoch }: LiveApiKey, current: number): boolean {
  return epoch === null || epoch === current
}

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

  authenticate(context: TransportContext): Promise<Principal | null> | null {
    const presented = context.request.headers.get(this.settings.header)
    return presented === null ? null : this.#check(context, presented)
  }

  async #check(context: TransportContext, presented: string): Promise<Principal | null> {
    const found = this.keys.find(context.scope, presented)
    const key = isPromise(found) ? await found : found
    if (key === 'unknown') {
      this.#refused(context, 'invalid')
      throw new AuthError('invalid_token', 'Invalid API key')
    }
    const user = key === 'ended' ? null : await context.resolveUser(key.userId)
    if (key === 'ended' || user === null || !isOfEpoch(key, context.epochOf(user))) {
      this.#refused(context, 'ended')
      return null
    }
    // The key was found good: nobody is refused because its use could not be noted.
    if (this.keys.isTouchDue(key)) {
      await orGoOn('touch', this.#emit, this.keys.touch(context.scope, key))
    }
    return context.principal(user, {
      transport: this.name,
      scopes: key.scopes,
      login: key.id,
      metadata: { apiKeyId: key.id },
    })
  }

  #refused(context: TransportContext, reason: 'invalid' | 'ended'): void {
    const address = context.address?.address ?? null
    this.#emit({ name: 'credential.refused', transport: this.name, reason, address })
  }
}
