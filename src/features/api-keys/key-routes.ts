/**
 * Managing one's own API keys, with a session.
 */
import * as z from 'zod'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import { maxSeconds } from '../../options/durations.ts'
import { isLabel } from '../../plain-text.ts'
import type { Principal } from '../../principal.ts'
import type { ApiKeySettings } from './api-keys.ts'
import { keyHooks } from './key-hooks.ts'
import type { ApiKeyInfo, ApiKeys } from './keys.ts'

export function keyRoutes(settings: ApiKeySettings, keys: ApiKeys, house: House): Route[] {
  const { accounts, gatekeeper } = house
  const hooks = keyHooks(keys, house)
  // A key must not be able to make keys.
  const gate = gatekeeper.build({ transport: 'session' })
  const requiresSudo = settings.managementRoutes === 'sudo'
  const maker = requiresSudo ? gatekeeper.build({ transport: 'session', elevated: true }) : gate
  const request = requestSchema(settings.grantableScopes)
  const ownerOf = ({ userId, user }: Principal) => ({ id: userId, epoch: accounts.epoch(user) })
  return [
    route({
      method: 'GET',
      path: '/api-keys',
      operation: {
        id: 'listApiKeys',
        summary: 'One’s own API keys',
        responses: { 200: { description: 'Newest first.', schema: z.array(keySchema) } },
      },
      gate,
      async handle({ exchange, principal }) {
        const listed = await keys.list(exchange.scope, ownerOf(principal))
        return { status: 200, body: listed.map(wireKey) }
      },
    }),
    route({
      method: 'POST',
      path: '/api-keys',
      operation: {
        id: 'createApiKey',
        summary: 'Make an API key',
        description: 'The answer is the only time that the key itself is told.',
        responses: { 200: { description: 'The new key.', schema: newKeySchema } },
        errors: ['too_many_keys', 'hook_failed'],
      },
      limit: {
        action: 'api_keys',
        by: 'login',
        counts: 'done',
        default: { times: 20, seconds: 3600 },
      },
      gate: maker,
      body: request,
      async handle({ exchange, principal, body }) {
        const { scope } = exchange
        const cap = settings.maxPerUser ?? Number.POSITIVE_INFINITY
        const wanted = {
          name: body.name,
          scopes: body.scopes,
          ...(body.expires_in === undefined ? {} : { ttl: body.expires_in }),
        }
        const address = exchange.address?.address ?? null
        const made = await keys.createWithin(cap, scope, ownerOf(principal), wanted, address)
        if (made === null) throw new AuthError('too_many_keys', 'Too many API keys; end one first.')
        const { key, ...info } = made
        await hooks.created({ exchange, scope }, principal.user, info)
        return { status: 200, body: { ...wireKey(info), key } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api-keys/:id',
      operation: {
        id: 'revokeApiKey',
        summary: 'End an API key',
        responses: { 200: { description: 'It is no longer alive.', schema: revoked } },
        errors: ['not_found', 'hook_failed'],
      },
      gate,
      async handle({ exchange, principal, params }) {
        const { scope } = exchange
        const id = params['id'] ?? ''
        const address = exchange.address?.address ?? null
        const ended = await keys.revoke(scope, principal.userId, id, { address })
        if (!ended) throw new AuthError('not_found', 'API key not found.')
        await hooks.revoked({ exchange, scope }, principal.user, id)
        return { status: 200, body: { detail: 'API key revoked.' } }
      },
    }),
  ]
}

const keySchema = z
  .looseObject({
    id: z.string(),
    name: z.string().nullable(),
    prefix: z.string().meta({ description: 'How the key begins.' }),
    scopes: z.array(z.string()),
    created_at: z.string().meta({ format: 'date-time' }),
    expires_at: z.string().nullable().meta({ format: 'date-time' }),
    last_used_at: z.string().nullable().meta({ format: 'date-time' }),
  })
  .meta({ id: 'ApiKey' })

const newKeySchema = keySchema
  .extend({ key: z.string().meta({ description: 'To be kept: it is not told again.' }) })
  .meta({ id: 'NewApiKey' })

const revoked = z.looseObject({ detail: z.string() }).meta({ id: 'ApiKeyRevoked' })

function requestSchema(grantable: readonly string[]) {
  return z
    .object({
      name: z
        .string()
        .min(1)
        .max(100)
        .refine((name) => name === '' || isLabel(name), {
          message: 'Contains characters that cannot be used.',
        }),
      scopes: z
        .array(z.string())
        .refine((scopes) => scopes.every((scope) => grantable.includes(scope)), {
          message: `Must be among: ${grantable.join(', ') || 'none'}.`,
        })
        .default([]),
      expires_in: z.int().min(1).max(maxSeconds).optional().meta({ description: 'Seconds.' }),
    })
    .meta({ id: 'ApiKeyRequest' })
}

function wireKey(info: ApiKeyInfo) {
  return {
    id: info.id,
    name: info.name,
    prefix: info.prefix,
    scopes: info.scopes,
    created_at: info.createdAt.toISOString(),
    expires_at: info.expiresAt?.toISOString() ?? null,
    last_used_at: info.lastUsedAt?.toISOString() ?? null,
  }
}
