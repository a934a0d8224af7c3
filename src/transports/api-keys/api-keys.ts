/**
 * The API key transport: a long-lived secret in a header, for programs.
 *
 * A check is one query for the key and one for the user; the storage is not asked.
 */
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import type { Principal } from '../../principal.ts'
import {
  anything,
  maxSeconds,
  type Shape,
  shapeProblems,
  text,
  texts,
  withDefaults,
} from '../../shape.ts'
import { isScope } from '../../tokens/scopes.ts'
import type { Transport, TransportContext } from '../transport.ts'
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

/** API keys over a table of the application. */
export function apiKeys(options: ApiKeyTransportOptions): ApiKeyTransportDefinition {
  const defaults = {
    header: 'X-API-Key',
    prefix: 'key',
    grantableScopes: [],
    maxTtl: null,
    maxPerUser: 50,
    touchInterval: 300,
    managementRoutes: false,
  }
  const settings = withDefaults<ApiKeySettings>({ ...defaults, keys: options?.keys }, options)
  const misshapen = shapeProblems('apiKeys', options, apiKeyShape)
  const problems = misshapen.length > 0 ? misshapen : apiKeyProblems(settings)
  return { name: 'api_key', settings, problems }
}

const apiKeyShape: Shape<ApiKeyTransportOptions> = {
  keys: anything,
  header: text,
  prefix: text,
  grantableScopes: texts,
  maxTtl: anything,
  maxPerUser: anything,
  touchInterval: anything,
  managementRoutes: anything,
}

function apiKeyProblems(settings: ApiKeySettings): string[] {
  const { keys, header, prefix, grantableScopes, maxTtl, maxPerUser } = settings
  const { touchInterval, managementRoutes } = settings
  if (typeof keys?.find !== 'function') {
    return ['apiKeys.keys is missing; write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })']
  }
  const problems = [...keys.problems]
  const hashed = keys.columns.get(keys.map.hashedKey ?? '')
  if (hashed && !hashed.unique) {
    problems.push(`the table of API keys needs a unique index on '${hashed.column}'`)
  }
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) {
    problems.push("apiKeys.header is not the name of a header; write 'X-API-Key'")
  }
  if (!/^[A-Za-z][A-Za-z0-9_]{0,15}$/.test(prefix)) {
    problems.push("apiKeys.prefix must be 1 to 16 letters, digits and '_', such as 'shop'")
  }
  if (!Array.isArray(grantableScopes) || !grantableScopes.every(isScope)) {
    problems.push("apiKeys.grantableScopes must be words without spaces, such as 'read'")
  }
  if (maxTtl !== null && !(Number.isSafeInteger(maxTtl) && maxTtl >= 1 && maxTtl <= maxSeconds)) {
    problems.push(`apiKeys.maxTtl must be a whole number of seconds, 1 to ${maxSeconds}, or null`)
  }
  if (maxPerUser !== null && (!Number.isSafeInteger(maxPerUser) || maxPerUser < 1)) {
    problems.push('apiKeys.maxPerUser must be a whole number of at least 1, or null for no cap')
  }
  if (!Number.isSafeInteger(touchInterval) || touchInterval < 0) {
    problems.push('apiKeys.touchInterval must be a whole number of seconds')
  }
  if (typeof managementRoutes !== 'boolean' && managementRoutes !== 'sudo') {
    problems.push("apiKeys.managementRoutes must be true, 'sudo' or false")
  }
  return problems
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
