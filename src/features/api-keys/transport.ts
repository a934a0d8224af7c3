/**
 * The API key transport: a long-lived secret in a header, for programs.
 *
 * A check is one query for the key and its user, where both tables are of one database and adapter;
 * else one for each. The storage is not asked.
 */
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { andThen, type Eventually } from '../../eventually.ts'
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

  authenticate(context: TransportContext): Eventually<Principal | null> {
    const presented = context.request.headers.get(this.settings.header)
    if (presented === null) return null
    return andThen(this.keys.find(context.scope, presented), (key) => {
      if (key === 'unknown') {
        this.#refused(context, 'invalid')
        throw new AuthError('invalid_token', 'Invalid API key')
      }
      if (key === 'ended') return this.#ended(context)
      const user = key.owner ? context.knownUser(key.owner) : context.resolveUser(key.userId)
      return andThen(user, (owner) => this.#judge(context, key, owner))
    })
  }

  #judge(
    context: TransportContext,
    key: LiveApiKey,
    user: object | null,
  ): Eventually<Principal | null> {
    if (user === null || !isOfEpoch(key, context.epochOf(user))) return this.#ended(context)
    const principal = () =>
      context.principal(user, {
        transport: this.name,
        scopes: key.scopes,
        login: key.id,
        metadata: { apiKeyId: key.id },
      })
    if (!this.keys.isTouchDue(key)) return principal()
    // The key was found good: nobody is refused because its use could not be noted.
    const noting = this.keys.touch(context.scope, key)
    return orGoOn('touch', this.#emit, noting).then(principal)
  }

  #ended(context: TransportContext): null {
    this.#refused(context, 'ended')
    return null
  }

  #refused(context: TransportContext, reason: 'invalid' | 'ended'): void {
    const address = context.address?.address ?? null
    this.#emit({ name: 'credential.refused', transport: this.name, reason, address })
  }
}
