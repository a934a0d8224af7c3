/**
 * The API key transport: a long-lived secret in a header, for programs.
 *
 * A check is one query for the key and one for the user; the storage is not asked.
 */
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import { type Declaration, declareOptions } from '../../options/declare.ts'
import { maxSeconds, orNull, own, required, seconds, text, whole } from '../../options/option.ts'
import type { Principal } from '../../principal.ts'
import { scopeList } from '../../tokens/scopes.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { ApiKeys } from './keys.ts'
import type { ApiKeyStore } from './store.ts'

export interface ApiKeyTransportOptions {
  /** The table of keys: `drizzleApiKeys(db, apiKeys)`. */
  keys: ApiKeyStore
  /** Default `X-API-Key`. */
  header?: string
  /** How every key begins, for scanners of source code. Default `key`. */
  prefix?: string
  /** Scopes that a key made through the routes can have. Default none. */
  grantableScopes?: readonly string[]
  /** The longest life of a key, in seconds. Default `null`: without end. */
  maxTtl?: number | null
  /** Live keys per user that the routes make. Default 50; `null` for no cap. */
  maxPerUser?: number | null
  /** The last use is written at most once in this many seconds. Default 300. */
  touchInterval?: number
  /**
   * Mounts routes by which people manage their own keys, with a session: `GET` and `POST
   * /api-keys`, `DELETE /api-keys/{id}`. With `'sudo'`, a key is made from an elevated session only:
   * it outlives the session that made it. To see keys and to end them a session is enough. Default `false`.
   */
  managementRoutes?: boolean | 'sudo'
}

export type ApiKeySettings = Readonly<Required<ApiKeyTransportOptions>>

/** What `apiKeys()` returns: a description, wired by `crudAuth()`. */
export interface ApiKeyTransportDefinition {
  readonly name: 'api_key'
  readonly settings: ApiKeySettings
  readonly problems: readonly string[]
}

const isHeaderName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export const apiKeyOptions: Declaration<ApiKeySettings> = declareOptions<ApiKeySettings>(
  {
    keys: required('write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })', keyStoreProblems),
    header: text('X-API-Key', {
      pattern: isHeaderName,
      wanted: "the name of a header, such as 'X-API-Key'",
    }),
    prefix: text('key', {
      pattern: /^[A-Za-z][A-Za-z0-9_]{0,15}$/,
      wanted: "1 to 16 letters, digits and '_', such as 'shop'",
    }),
    grantableScopes: scopeList([]),
    maxTtl: orNull(seconds(30 * 86_400, { max: maxSeconds }), {
      meaning: 'for no end',
      fallback: null,
    }),
    maxPerUser: orNull(whole(50, { max: 100_000 }), { meaning: 'for no cap' }),
    touchInterval: seconds(300, { min: 0, max: 86_400 }),
    managementRoutes: own<boolean | 'sudo'>({
      wanted: "true, 'sudo' or false",
      range: "true or 'sudo'",
      fallback: false,
      problems: (given, path) =>
        typeof given === 'boolean' || given === 'sudo'
          ? []
          : [`${path} must be true, 'sudo' or false`],
    }),
  },
  { write: 'apiKeys({ keys: drizzleApiKeys(db, apiKeys) })' },
)

function keyStoreProblems(given: unknown): readonly string[] {
  const keys = Object(given) as Partial<ApiKeyStore>
  if (typeof keys.find !== 'function') {
    return [
      'apiKeys.keys is not a table of keys that an adapter opened; write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })',
    ]
  }
  const hashed = keys.columns?.get(keys.map?.hashedKey ?? '')
  return [
    ...(keys.problems ?? []),
    ...(hashed && !hashed.unique
      ? [`the table of API keys needs a unique index on '${hashed.column}'`]
      : []),
  ]
}

/** API keys over a table of the application. */
export function apiKeys(options: ApiKeyTransportOptions): ApiKeyTransportDefinition {
  return { name: 'api_key', ...apiKeyOptions.read(options, 'apiKeys') }
}

export class ApiKeyTransport implements Transport {
  readonly name: 'api_key' = 'api_key'
  readonly securityScheme: SecurityScheme
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
    await this.keys.touch(context.scope, key).catch((error: unknown) => {
      // The key was found good: nobody is refused because its use could not be noted.
      this.#emit({ name: 'storage.failed', operation: 'touch', effect: 'let_through', error })
    })
    return context.principal(user, {
      transport: this.name,
      scopes: key.scopes,
      metadata: { apiKeyId: key.id },
    })
  }
}
