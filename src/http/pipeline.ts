/**
 * One request through one route, always in this order: origin, body read, the limit of an address,
 * gate, body and query judged, the limit of a login, handler. So a bad body of a stranger is 401
 * and costs a unit of the address; one of an owner costs nothing. Every error becomes a problem
 * document here and nowhere else.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'
import { AuthError, connectionLost, type FieldProblem } from '../errors.ts'
import type { EventListener, UserId } from '../events.ts'
import type { Gatekeeper } from '../gates.ts'
import { type LimitsByAction, type RateLimits, rateLimitHeaders } from '../limits/rate-limits.ts'
import type { Principal } from '../principal.ts'
import { invalidBody, parsedBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import type { OriginGuard } from './origin.ts'
import type { BodySchema, PathParams, Reply, Route } from './route.ts'
import { wording } from './wording.ts'

export interface PipelineParts {
  readonly gatekeeper: Gatekeeper
  readonly rateLimits: RateLimits
  /** By action, as configured or by default. */
  readonly limits: LimitsByAction
  readonly originAllowed: OriginGuard
  readonly maxBodyBytes: number
  /** Told of every request that is answered with cookies. */
  readonly onCookies: (request: Request) => void
  /** Whether the request comes from somebody who is logged in, or a browser that was. */
  readonly isKnown: (exchange: Exchange) => Promise<boolean>
  readonly emit: EventListener
}

/** An error as an answer; one that nobody foresaw is reported, and tells the client nothing. */
export function errorResponse(
  error: unknown,
  path: string,
  emit: EventListener,
  request?: Request,
): Response {
  if (error instanceof AuthError) return error.getResponse()
  // A server takes the body and more from a request whose client has gone. Nobody reads the answer.
  if (request?.signal.aborted) return connectionLost(error).getResponse()
  emit({ name: 'request.failed', path, error })
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
  if (route.ownOrigin) parts.originAllowed(request)
  const sent = await readSent(parts, route, exchange)
  const ofAddress = await spend(parts, route, exchange, () => addressKey(route, exchange, sent))
  await spendUnknown(parts, route, exchange)
  const principal = route.gate ? await parts.gatekeeper.admit(exchange, route.gate) : null
  const body = route.body ? await judge(route, route.body, sent) : undefined
  const query = route.query ? judgeQuery(route.query, request) : undefined
  const ofLogin = await spend(parts, route, exchange, () => loginKey(route, exchange, principal))
  const reply = await handled(ofLogin, () =>
    route.handle({ exchange, body, query, principal, params }),
  )
  if (reply.cookies?.length) parts.onCookies(request)
  return replyResponse(reply, { ...ofAddress?.headers, ...ofLogin?.headers })
}

/** Runs the handler; what it refuses to do gives a unit back. */
async function handled(spent: Spent | null, handle: () => Promise<Reply>): Promise<Reply> {
  try {
    const reply = await handle()
    if ('error' in reply) await spent?.giveBack()
    return reply
  } catch (error) {
    await spent?.giveBack()
    throw error
  }
}

async function readSent(
  { maxBodyBytes }: PipelineParts,
  route: Route,
  exchange: Exchange,
): Promise<unknown> {
  if (!route.body) return undefined
  const { request, parsedBody: parsed, reread } = exchange
  const anyType = route.anyBody ?? false
  const options = { maxBytes: maxBodyBytes, form: route.form, anyType }
  try {
    const sent = parsed
      ? parsedBody(request, options, parsed.value)
      : await readBody(request, options, reread)
    return anyType && (typeof sent !== 'object' || sent === null) ? {} : sent
  } catch (error) {
    const unreadable = error instanceof AuthError && error.code === 'malformed_body'
    if (anyType && unreadable) return {}
    throw error
  }
}

/** @throws AuthError `validation_failed` (422). */
function judgeQuery({ schema, read }: NonNullable<Route['query']>, request: Request): unknown {
  const sent = new URL(request.url).searchParams
  const values: Record<string, unknown> = {}
  for (const [name, text] of sent) {
    const reader = Object.hasOwn(read, name) ? read[name] : undefined
    if (reader && text !== '') values[name] ??= reader(text)
  }
  const { data, error } = schema.safeParse(values, { error: wording })
  if (!error) return data
  const errors = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new AuthError('validation_failed', 'The query is not valid.', { errors })
}

/** Whose budget it is. */
interface Counted {
  readonly key: string
  readonly userId: UserId | null
}

/** A unit that was spent. */
interface Spent {
  readonly headers: Readonly<Record<string, string>>
  giveBack(): Promise<void>
}

/** @throws AuthError `rate_limited` (429). */
async function spend(
  { rateLimits, limits }: PipelineParts,
  { limit }: Route,
  { scope, address }: Exchange,
  countedBy: () => Counted | null | Promise<Counted | null>,
): Promise<Spent | null> {
  const rate = limit && (limits[limit.action] ?? limit.default)
  if (!rate || rate.times === 0) return null
  const counted = await countedBy()
  if (counted === null) return null
  const { key, userId } = counted
  const { action } = limit
  const client = { userId, address: address?.address ?? null }
  const state = await rateLimits.spend(scope, action, key, rate, client)
  return {
    headers: rateLimitHeaders(state),
    giveBack: () => rateLimits.giveBack(scope, action, key, rate),
  }
}

/**
 * What is limited by address costs others. While addresses are unknown, all share one budget.
 *
 * @throws AuthError `overloaded` (503).
 */
async function spendUnknown(
  { rateLimits, limits, isKnown }: PipelineParts,
  { limit }: Route,
  exchange: Exchange,
): Promise<void> {
  if (limit?.by !== 'address' || exchange.address !== null) return
  const rate = limits[limit.action] ?? limit.default
  if (rate.times === 0) return
  await rateLimits.spendUnknown(exchange.scope, limit.action, rate, () => isKnown(exchange))
}

/** Without an address, what was typed is counted first: nobody may spend it all with one name. */
function addressKey({ limit }: Route, { address }: Exchange, sent: unknown): Counted | null {
  if (limit?.by !== 'address') return null
  const key = address?.network ?? limit.withoutAddress(sent)
  return key === null ? null : { key, userId: null }
}

async function loginKey(
  { limit }: Route,
  exchange: Exchange,
  principal: Principal | null,
): Promise<Counted | null> {
  if (limit?.by !== 'login') return null
  if (limit.login) {
    const found = await limit.login(exchange)
    return found && { key: found.login, userId: found.userId }
  }
  return principal && { key: `${principal.transport}:${principal.login}`, userId: principal.userId }
}

async function judge(route: Route, schema: BodySchema, sent: unknown): Promise<unknown> {
  const result = await validate(schema, sent)
  if (!result.issues) return result.value
  if (route.anyBody) return {}
  throw invalid(result.issues)
}

/**
 * For a body of which only the handler knows what it has to be.
 *
 * @throws AuthError `validation_failed` (422).
 */
export async function judged<Schema extends BodySchema>(
  schema: Schema,
  sent: unknown,
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  const result = await validate(schema, sent)
  if (result.issues) throw invalid(result.issues)
  return result.value as StandardSchemaV1.InferOutput<Schema>
}

/** A list of nothing but mistakes would be answered with thirty times its own length. */
const mostProblems = 100

function invalid(issues: readonly StandardSchemaV1.Issue[]): AuthError {
  const errors = issues.slice(0, mostProblems).map(({ path = [], message }): FieldProblem => {
    return { path: path.map(segment).join('.'), message }
  })
  return new AuthError('validation_failed', invalidBody, { errors })
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

function replyResponse(reply: Reply, limit: Record<string, string>): Response {
  const response = responseOf(reply, limit)
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.headers.set(name, value)
  for (const cookie of reply.cookies ?? []) response.headers.append('set-cookie', cookie)
  return response
}

function responseOf(reply: Reply, limit: Record<string, string>): Response {
  if ('error' in reply) return reply.error.getResponse()
  const headers = { 'cache-control': 'no-store', ...limit }
  if ('location' in reply) {
    const { status, location } = reply
    return new Response(null, { status, headers: { ...headers, location } })
  }
  if ('html' in reply) {
    return new Response(reply.html, {
      status: reply.status,
      headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders, ...headers },
    })
  }
  return new Response(JSON.stringify(reply.body), {
    status: reply.status,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

/** A page of ours runs nothing, loads nothing and is in no frame. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
