/**
 * `apiKeys()`: keys for programs, in a table of the application, with their routes.
 */
import type { StoredLogins } from '../../credentials/revocation.ts'
import type {
  Company,
  Ground,
  HandleKind,
  TransportFeature,
  UsersOf,
  Wired,
} from '../../feature.ts'
import { type Declaration, declareOptions } from '../../options/declare.ts'
import { maxSeconds, seconds } from '../../options/durations.ts'
import { orNull, own, required, text, whole } from '../../options/option.ts'
import { answeringRows } from '../../rows/outage.ts'
import { scopeList } from '../../tokens/scopes.ts'
import type { Accounts } from '../../users/accounts.ts'
import { keyCredentials } from './credentials.ts'
import { type ApiKeyAdministration, apiKeyAdministration } from './handle.ts'
import { keyRoutes } from './key-routes.ts'
import { ApiKeys } from './keys.ts'
import type { ApiKeyStore } from './store.ts'
import { ApiKeyTransport } from './transport.ts'

/** The options of `apiKeys()`. All lifetimes are seconds. */
export interface ApiKeyTransportOptions {
  /** The table of keys, through an adapter: `drizzleApiKeys(db, apiKeys)`. */
  keys: ApiKeyStore
  /** The header that carries the key. Default `X-API-Key`. */
  header?: string
  /** How every key begins, for scanners of source code. Default `key`. */
  prefix?: string
  /** The scopes that a key made through the routes can have. Default none. */
  grantableScopes?: readonly string[]
  /** The longest life of a key, in seconds. Default null. */
  maxTtl?: number | null
  /** Live keys per user, of those made through the routes. Default 50. */
  maxPerUser?: number | null
  /** The last use is written at most once in so many seconds. Default 300. */
  touchInterval?: number
  /**
   * Mounts `GET` and `POST /api-keys`, `DELETE /api-keys/{id}`, with which people manage their own
   * keys by a session. With `'sudo'`, only an elevated session can make a key. Default `false`.
   *
   * A key outlives the session that made it. To list and to end keys a session is enough.
   */
  managementRoutes?: boolean | 'sudo'
}

export type ApiKeySettings = Readonly<Required<ApiKeyTransportOptions>>

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

interface ApiKeyKind extends HandleKind {
  readonly handle: ApiKeyAdministration<UsersOf<this['users']>>
}

/** What `apiKeys()` returns: for `transports`. */
export type ApiKeyFeature = TransportFeature<'api_key', 'apiKeys', ApiKeyKind>

/**
 * API keys over a table of the application, for programs.
 *
 * @example
 * ```ts
 * const transports = [session(), apiKeys({ keys: drizzleApiKeys(db, keys), prefix: 'shop' })]
 * ```
 */
export function apiKeys(options: ApiKeyTransportOptions): ApiKeyFeature {
  const isStore = typeof (Object(options) as Partial<ApiKeyStore>).find === 'function'
  const { settings, problems } = apiKeyOptions.read(isStore ? null : options, 'apiKeys')
  return {
    name: 'api_key',
    key: 'apiKeys',
    authenticates: true,
    problems,
    problemsAmong: (company) => problemsAmong(settings, company),
    wire: (ground) => wire(settings, ground),
  }
}

/** Keys among all that ends, where no epoch of the users table ends them. */
function loginsByKey(keys: ApiKeys, accounts: Accounts): StoredLogins {
  return {
    async endAll(scope, { id, epoch }) {
      const key = accounts.parseId(id)
      if (key !== null) await keys.revokeAll(scope, { id: key, epoch })
      return 0
    },
  }
}

function problemsAmong({ keys, managementRoutes }: ApiKeySettings, others: Company): string[] {
  const { names, hasTenants } = others
  const problems: string[] = []
  if (keys?.tenants && !hasTenants) {
    problems.push(
      'the table of API keys has a tenant column, but tenant is not configured; write tenant: (request) => …',
    )
  }
  if (keys && !keys.tenants && hasTenants) {
    problems.push(
      'tenant is configured, but the table of API keys has no tenant column, so that a key of one tenant would be somebody of another; write drizzleApiKeys(db, apiKeys, { tenant: … })',
    )
  }
  if (managementRoutes !== false && !names.has('session')) {
    problems.push(
      'apiKeys.managementRoutes needs the session transport; write transports: [session(), apiKeys(…)]',
    )
  }
  if (managementRoutes === 'sudo' && !names.has('sudo')) {
    problems.push(
      "apiKeys.managementRoutes is 'sudo', which is not configured; write features: [sudo({ route: true })] as well",
    )
  }
  return problems
}

function wire(settings: ApiKeySettings, ground: Ground): Wired {
  const { prefix, maxTtl, touchInterval } = settings
  const { clock, random, emit, databaseTimeoutMs: timeoutMs } = ground
  const { accounts } = ground
  const store = answeringRows(settings.keys, { timeoutMs, emit })
  const users = accounts.store
  const keys = new ApiKeys({ store, users, prefix, maxTtl, touchInterval, clock, random, emit })
  return {
    transport: new ApiKeyTransport(settings, keys, emit),
    ...(accounts.has('tokenVersion') ? {} : { logins: loginsByKey(keys, accounts) }),
    actions: { api_keys: 'apiKeys({ keys, managementRoutes: true })' },
    mount: (house) => ({
      routes: settings.managementRoutes === false ? [] : keyRoutes(settings, keys, house),
      handle: apiKeyAdministration(keys, house),
      credentials: keyCredentials(keys, house),
    }),
  }
}
