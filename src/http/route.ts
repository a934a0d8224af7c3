/**
 * A route as data: what it takes, what guards it, what it answers. The router, the frameworks and
 * the OpenAPI document all read the same definition.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type * as z from 'zod'
import type { AuthError, ErrorCode } from '../errors.ts'
import type { BuiltGate } from '../gates.ts'
import type { Principal } from '../principal.ts'
import type { FormField } from './body.ts'
import type { Exchange } from './exchange.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler answers; cookies are complete Set-Cookie values. */
export type Reply =
  | { readonly status: number; readonly body: unknown; readonly cookies?: readonly string[] }
  /** An error whose answer also sets or clears cookies. */
  | { readonly error: AuthError; readonly cookies: readonly string[] }

/** The throttled action, and whose budget it spends. */
export type RouteLimit =
  | {
      readonly action: string
      readonly by?: 'address'
      /** What is counted instead while the client address is unknown; `null` for nothing. */
      readonly withoutAddress: (sent: unknown) => string | null
    }
  /** Of the user whom the route's gate admits, which comes first. */
  | { readonly action: string; readonly by: 'user' }

export type PathParams = Readonly<Record<string, string>>

export interface RouteInput<Body> {
  readonly exchange: Exchange
  readonly body: Body
  /** The segments that stand for names in the path. */
  readonly params: PathParams
  /** Who calls; `null` where the route has no gate or an optional one. */
  readonly principal: Principal | null
}

/** A schema of a body: of any library, and told to the OpenAPI document where it can be. */
export type BodySchema = StandardSchemaV1

type Read<Schema> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : undefined

export interface RouteDefinition<Schema extends BodySchema | undefined> {
  readonly method: Method
  /** Relative to where the application mounts the routes; `:name` stands for one segment. */
  readonly path: string
  readonly operation: Operation
  /** The JSON body. */
  readonly body?: Schema
  /** The fields of the form that is taken besides JSON. */
  readonly form?: Readonly<Record<string, FormField>>
  /** Whether a body that cannot be read, of whatever type, counts as an empty one. */
  readonly anyBody?: boolean
  readonly limit?: RouteLimit
  readonly gate?: BuiltGate
  /** Whether the route sets or clears cookies without a session too, so that its origin matters. */
  readonly setsCookies?: boolean
  handle(input: RouteInput<Read<Schema>>): Promise<Reply>
}

/** What the OpenAPI document says of a route beyond what the definition implies. */
export interface Operation {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly responses: Readonly<Record<number, OperationResponse>>
  /** Errors that the handler itself raises; those of limit, gate and body are implied. */
  readonly errors?: readonly ErrorCode[]
  /** What the handler reads of the query. */
  readonly query?: z.ZodObject
  /** Whether it wants a CSRF token although no gate guards it. */
  readonly csrf?: boolean
}

export interface OperationResponse {
  readonly description: string
  readonly schema: z.ZodType
  /** The cookies that it may set. */
  readonly cookies?: readonly string[]
}

/** A route of any body. */
export interface Route extends Omit<RouteDefinition<BodySchema | undefined>, 'handle'> {
  handle(input: RouteInput<unknown>): Promise<Reply>
}

/** Ties a handler's body to its schema. */
export function route<Schema extends BodySchema | undefined = undefined>(
  definition: RouteDefinition<Schema>,
): Route {
  // Sound: the pipeline gives `handle` what the route's own schema made.
  return definition as unknown as Route
}
