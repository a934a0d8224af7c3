/**
 * One request through one route, in the contract's order (§3.2): body read, limit, gate, body
 * judged, handler. Every error becomes a problem document here and nowhere else.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'
import { AuthError, type FieldProblem } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Gatekeeper } from '../gates.ts'
import { type RateLimits, rateLimitHeaders, type Throttle } from '../limits/rate-limits.ts'
import { invalidBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import type { OriginGuard } from './origin.ts'
import { pathOf } from './path.ts'
import type { BodySchema, PathParams, Reply, Route } from './route.ts'
import { wording } from './wording.ts'

export interface PipelineParts {
  readonly gatekeeper: Gatekeeper
  readonly throttle: Throttle
  readonly rateLimits: RateLimits
  readonly originAllowed: OriginGuard
  readonly maxBodyBytes: number
  /** Told of every request that is answered with cookies. */
  readonly onCookies: (request: Request) => void
  readonly emit: EventListener
}

/** An error as an answer; one that nobody foresaw is reported, and tells the client nothing. */
export function errorResponse(error: unknown, request: Request, emit: EventListener): Response {
  if (error instanceof AuthError) return error.getResponse()
  emit({ name: 'request.failed', path: pathOf(request), error })
  return new AuthError('internal_error', 'Internal Server Error').getResponse()
}

/** @throws whatever a step throws; `errorResponse` makes an answer of it. */
export async function runRoute(
  parts: PipelineParts,
  route: Route,
  exchange: Exchange,
  params: PathParams,
): Promise<Response> {
  const { request } = exchange
  if (route.setsCookies) parts.originAllowed(request)
  const sent = await readSent(parts, route, request)
  const limit = await spend(parts, route, exchange, sent)
  const principal = route.gate ? await parts.gatekeeper.admit(exchange, route.gate) : null
  const body = route.body ? await judge(route, route.body, sent) : undefined
  const reply = await route.handle({ exchange, body, principal, params })
  if (reply.cookies?.length) parts.onCookies(request)
  return replyResponse(reply, limit)
}

async function readSent(
  { maxBodyBytes }: PipelineParts,
  route: Route,
  request: Request,
): Promise<unknown> {
  if (!route.body) return undefined
  const options = { maxBytes: maxBodyBytes, form: route.form, anyType: route.anyBody ?? false }
  try {
    const sent = await readBody(request, options)
    return route.anyBody && (typeof sent !== 'object' || sent === null) ? {} : sent
  } catch (error) {
    const unreadable = error instanceof AuthError && error.code === 'malformed_body'
    if (route.anyBody && unreadable) return {}
    throw error
  }
}

async function spend(
  parts: PipelineParts,
  { limit, gate }: Route,
  exchange: Exchange,
  sent: unknown,
): Promise<Record<string, string>> {
  const { throttle, rateLimits, gatekeeper } = parts
  const rate = limit && rateLimits[limit.action]
  if (!rate || rate.times === 0) return {}
  const caller = limit.by === 'user' && gate ? await gatekeeper.admit(exchange, gate) : null
  // Without an address there is no bucket that everybody would share: what was typed is counted.
  const key =
    limit.by === 'user'
      ? caller && String(caller.userId)
      : (exchange.address?.network ?? limit.withoutAddress(sent))
  if (key === null) return {}
  const address = exchange.address?.address ?? null
  return rateLimitHeaders(await throttle.spend(exchange.scope, limit.action, key, rate, address))
}

async function judge(route: Route, schema: BodySchema, sent: unknown): Promise<unknown> {
  const result = await validate(schema, sent)
  if (!result.issues) return result.value
  if (route.anyBody) return {}
  const errors = result.issues.map(
    ({ path = [], message }): FieldProblem => ({ path: path.map(segment).join('.'), message }),
  )
  throw new AuthError('validation_failed', invalidBody, { errors })
}

async function validate(
  schema: BodySchema,
  sent: unknown,
): Promise<StandardSchemaV1.Result<unknown>> {
  if (!(schema instanceof z.ZodType)) return await schema['~standard'].validate(sent)
  const { data, error } = await schema.safeParseAsync(sent, { error: wording })
  return error ? { issues: error.issues } : { value: data }
}

function segment(part: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof part === 'object' ? part.key : part)
}

function replyResponse(reply: Reply, headers: Record<string, string>): Response {
  const response =
    'error' in reply
      ? reply.error.getResponse()
      : new Response(JSON.stringify(reply.body), {
          status: reply.status,
          headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
        })
  for (const cookie of reply.cookies ?? []) response.headers.append('set-cookie', cookie)
  return response
}
