/**
 * The OpenAPI 3.1 document of what is mounted, from the definitions that route and validate.
 *
 * `zod-openapi` is loaded on first use: a server that never serves the document never pays for it.
 */
import type { StandardJSONSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod'
import type {
  createDocument,
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { AuthError, type ErrorCode, errorStatus, type Problem } from '../errors.ts'
import type { BodySchema, Method, Route } from './route.ts'

/** An OpenAPI document, as data to be serialised. */
export type OpenApiDocument = ReturnType<typeof createDocument>

/** What the OpenAPI document says about the application. */
export interface OpenApiOptions {
  /** Default `Authentication`. */
  title?: string
  /** The version of the application's API. Default `1.0.0`. */
  version?: string
  /** Where the routes are mounted, such as `/auth`. Default `/`. */
  basePath?: string
}

/** The security schemes of OpenAPI 3.1 that a transport can be. */
export type SecurityScheme =
  | { readonly type: 'apiKey'; readonly in: 'cookie' | 'header'; readonly name: string }
  | { readonly type: 'http'; readonly scheme: string; readonly bearerFormat?: string }

export interface OpenApiParts {
  readonly routes: readonly Route[]
  readonly transports: readonly {
    readonly name: string
    readonly securityScheme?: SecurityScheme
  }[]
}

export async function openApiDocument(
  { routes, transports }: OpenApiParts,
  options: OpenApiOptions,
): Promise<OpenApiDocument> {
  const { createDocument } = await import('zod-openapi')
  const paths: Record<string, Partial<Record<Lowercase<Method>, ZodOpenApiOperationObject>>> = {}
  for (const route of routes) {
    const method = route.method.toLowerCase() as Lowercase<Method>
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [method]: operationOf(route) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: { title: options.title ?? 'Authentication', version: options.version ?? '1.0.0' },
    servers: [{ url: options.basePath ?? '/' }],
    paths: paths as ZodOpenApiPathsObject,
    components: {
      securitySchemes: Object.fromEntries(
        transports.flatMap(({ name, securityScheme }) =>
          securityScheme ? [[name, securityScheme]] : [],
        ),
      ),
    },
  })
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { operation, gate, body, form } = route
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description ? { description: operation.description } : {}),
    tags: ['Authentication'],
    ...(gate ? { security: gate.transports.map(({ name }) => ({ [name]: [] })) } : {}),
    ...requestParams(route),
    ...(body
      ? {
          requestBody: {
            required: !route.anyBody,
            content: {
              'application/json': { schema: bodySchema(body) },
              ...(form
                ? { 'application/x-www-form-urlencoded': { schema: bodySchema(body) } }
                : {}),
            },
          },
        }
      : {}),
    responses: responsesOf(route),
  }
}

/** Zod's own schemas are converted with the document, so that they can be named and shared. */
function bodySchema(body: BodySchema): z.ZodType | Record<string, unknown> {
  if (body instanceof z.ZodType) return body
  const { $schema: _version, ...schema } = describedBy(body)
  return schema
}

/** A library may be unable to tell: some schemas have no equivalent. */
function describedBy(body: BodySchema): Record<string, unknown> {
  const converter = (body['~standard'] as Partial<StandardJSONSchemaV1.Props>).jsonSchema
  try {
    return converter?.input({ target: 'draft-2020-12' }) ?? { type: 'object' }
  } catch {
    return { type: 'object' }
  }
}

function requestParams({ method, path, gate, query, operation }: Route) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const needsToken = operation.csrf || (gate && method !== 'GET')
  if (!needsToken && names.length === 0 && !query) return {}
  return {
    requestParams: {
      ...(needsToken ? { header: z.object({ 'X-CSRF-Token': csrfHeader }) } : {}),
      ...(names.length > 0
        ? { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }
        : {}),
      ...(query ? { query: query.schema } : {}),
    },
  }
}

const csrfHeader = z
  .string()
  .optional()
  .meta({ description: 'The CSRF token of the session; required where a session cookie is sent.' })

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().meta({ description: 'For people.' }),
    code: z
      .enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]])
      .meta({ description: 'For programs: stable across versions.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })

function responsesOf(route: Route): ZodOpenApiResponsesObject {
  const responses: ZodOpenApiResponsesObject = {}
  const { operation, limit } = route
  for (const [status, response] of Object.entries(operation.responses)) {
    responses[status as `${1 | 2 | 3 | 4 | 5}${string}`] = {
      description: response.description,
      ...(response.schema
        ? {
            content: {
              [response.isPage ? 'text/html' : 'application/json']: { schema: response.schema },
            },
          }
        : {}),
      ...withHeaders({
        ...(response.schema ? {} : { Location: header('Where to go.') }),
        ...(limit ? limitHeaders : {}),
        ...(response.cookies
          ? { 'Set-Cookie': header(`Sets ${response.cookies.join(', ')}.`) }
          : {}),
      }),
    }
  }
  for (const [status, codes] of errorsByStatus(route)) {
    responses[String(status) as `${1 | 2 | 3 | 4 | 5}${string}`] = {
      description: codeList(codes),
      ...errorHeaders(Number(status), codes, route),
      content: { 'application/problem+json': { schema: problemSchema, example: exampleOf(codes) } },
    }
  }
  return responses
}

const header = (description: string) => ({ description, schema: { type: 'string' as const } })

const limitHeaders = {
  'X-RateLimit-Limit': header('How many requests there are in a period.'),
  'X-RateLimit-Remaining': header('How many are left.'),
}

function withHeaders(headers: Readonly<Record<string, ReturnType<typeof header>>>) {
  return Object.keys(headers).length > 0 ? { headers } : {}
}

/** What comes with an error, and when to come back. */
function errorHeaders(
  status: number,
  codes: readonly ErrorCode[],
  { gate, operation }: Route,
): ReturnType<typeof withHeaders> {
  const isChallenged = gate?.transports.some(({ challenge }) => challenge)
  const setting = codes.filter((code) => operation.errorsWithCookies?.includes(code))
  return withHeaders({
    ...(codes.some((code) => retried.has(code)) ? { 'Retry-After': header('Seconds.') } : {}),
    ...(codes.includes('rate_limited') ? limitHeaders : {}),
    ...(status === 401 && isChallenged
      ? { 'WWW-Authenticate': header('What would be accepted, or why this was not.') }
      : {}),
    ...(codes.includes('csrf_missing')
      ? { 'X-CSRF-Error': header('`true` for a CSRF error.') }
      : {}),
    ...(setting.length > 0
      ? { 'Set-Cookie': header(`Sets or clears cookies with ${codeList(setting)}.`) }
      : {}),
  })
}

function codeList(codes: readonly ErrorCode[]): string {
  return codes.map((code) => `\`${code}\``).join(', ')
}

/** The answers that say when to come back. */
const retried: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate_limited',
  'login_locked',
  'sudo_locked',
  'overloaded',
  'storage_unavailable',
  'database_unavailable',
])

function exampleOf([code = 'internal_error']: readonly ErrorCode[]): Problem {
  const example = new AuthError(code, '').toProblem()
  return { ...example, detail: example.title }
}

function errorsByStatus(route: Route): Map<number, ErrorCode[]> {
  const codes = new Set<ErrorCode>(route.operation.errors)
  if (route.body) {
    for (const code of ['malformed_body', 'validation_failed', 'body_too_large'] as const) {
      codes.add(code)
    }
  }
  if (route.query) codes.add('validation_failed')
  if (route.limit) codes.add('rate_limited')
  if (route.limit?.by === 'address') codes.add('overloaded')
  if (route.ownOrigin) codes.add('cross_origin')
  if (route.gate) {
    const { options, transports } = route.gate
    codes.add('not_authenticated').add('database_unavailable')
    if (options.elevated) codes.add('sudo_required')
    for (const code of transports.flatMap(({ errors = [] }) => errors)) {
      if (route.method !== 'GET' || !code.startsWith('csrf_')) codes.add(code)
    }
  }
  // A hook refuses with an error of the application's choice; this is the one for it.
  if (codes.has('hook_failed')) codes.add('access_denied')
  codes.add('connection_lost').add('malformed_request').add('internal_error')
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    byStatus.set(errorStatus[code], [...(byStatus.get(errorStatus[code]) ?? []), code])
  }
  return byStatus
}
