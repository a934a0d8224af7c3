/**
 * From the transports of a configuration to transports that authenticate.
 */
import { deriveKey, hmacSha256, type Random } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { ApiKeyTransport } from '../features/api-keys/api-keys.ts'
import { ApiKeys } from '../features/api-keys/keys.ts'
import { type BearerSettings, BearerTransport } from '../features/bearer/bearer.ts'
import { RefreshFamilies } from '../features/bearer/families.ts'
import { RefreshLogin } from '../features/bearer/refresh-cookies.ts'
import { BearerTokens } from '../features/bearer/tokens.ts'
import { SessionTransport } from '../features/session/session.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../http/cookies.ts'
import type { OriginGuard } from '../http/origin.ts'
import type { StorageKeys } from '../storage/keys.ts'
import type { Storage } from '../storage/storage.ts'
import { tokenSigner } from '../tokens/signing.ts'
import type { Transport } from '../transport.ts'
import { answering } from '../users/outage.ts'
import {
  isApiKeyDefinition,
  isBearerDefinition,
  isSessionDefinition,
  type TransportChoice,
} from './choice.ts'

export interface AssemblyParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly secrets: readonly string[]
  readonly namespace: string
  readonly cookies: CookiePolicy
  readonly databaseTimeoutMs: number
  readonly originAllowed: OriginGuard
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
}

export interface AssembledTransports {
  /** In order of precedence. */
  readonly all: readonly Transport[]
  readonly session: SessionTransport | undefined
  readonly bearer: AssembledBearer | undefined
  readonly apiKeys: ApiKeyTransport | undefined
}

export interface AssembledBearer {
  readonly transport: BearerTransport
  readonly families: RefreshFamilies
  readonly refreshCookie: Cookie
  readonly refreshLogin: RefreshLogin
}

export function assembleTransports(
  choices: readonly TransportChoice[],
  parts: AssemblyParts,
): AssembledTransports {
  let session: SessionTransport | undefined
  let bearer: AssembledBearer | undefined
  let apiKeys: ApiKeyTransport | undefined
  const all = choices.map((choice): Transport => {
    if (isSessionDefinition(choice)) {
      session = new SessionTransport(choice, { ...parts, audiences: audiences(parts) })
      return session
    }
    if (isBearerDefinition(choice)) {
      bearer = assembleBearer(choice.settings, parts)
      return bearer.transport
    }
    if (isApiKeyDefinition(choice)) {
      const { prefix, maxTtl, touchInterval } = choice.settings
      const { clock, random, emit, databaseTimeoutMs: timeoutMs } = parts
      const operations = ['find', 'list', 'insert', 'update'] as const
      const store = answering(choice.settings.keys, operations, { timeoutMs, emit })
      const keys = new ApiKeys({ store, prefix, maxTtl, touchInterval, clock, random })
      apiKeys = new ApiKeyTransport(choice.settings, keys, emit)
      return apiKeys
    }
    return choice
  })
  return { all, session, bearer, apiKeys }
}

/** Tags of the application, by which its logins are told from those of another on its storage. */
function audiences({ secrets, namespace }: AssemblyParts): readonly string[] {
  return secrets.map((secret) => hmacSha256(deriveKey(secret, 'audience'), namespace))
}

function assembleBearer(settings: BearerSettings, parts: AssemblyParts): AssembledBearer {
  const { secrets, clock, cookies } = parts
  const { refreshCookieName, refreshCookiePath, rotateRefresh } = settings
  const families = new RefreshFamilies(settings, { ...parts, audiences: audiences(parts) })
  const accessSigner = tokenSigner({ ...settings, secrets, clock })
  const refreshSigner = tokenSigner({ ...settings, keys: [], secrets, clock })
  const tokens = new BearerTokens({ accessSigner, refreshSigner, settings, families, clock })
  const policy = { ...cookies, path: refreshCookiePath ?? cookies.path }
  const refreshCookie = defineCookie(
    { name: refreshCookieName, httpOnly: true, prefix: true },
    policy,
  )
  const originalCookie = defineCookie(
    { name: refreshCookieName, httpOnly: true, prefix: false },
    policy,
  )
  const isHidden = refreshCookie.name !== originalCookie.name
  return {
    transport: new BearerTransport(settings, tokens, accessSigner.jwks),
    families,
    refreshCookie,
    refreshLogin: new RefreshLogin({
      ...parts,
      tokens,
      families,
      cookie: refreshCookie,
      originalCookie: isHidden && !rotateRefresh ? originalCookie : null,
    }),
  }
}
