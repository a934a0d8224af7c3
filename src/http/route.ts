/**
 * A route as data: what it takes, what guards it, what it answers. The router, the frameworks and
 * the OpenAPI document all read the same definition.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type * as z from 'zod'
import type { AuthError, ErrorCode } from '../errors.ts'
import type { BuiltGate } from '../gates.ts'
import type { RateLimit } from '../limits/rate-limits.ts'
import type { Principal } from '../principal.ts'
import type { FormField } from './body.ts'
import type { Exchange } from './exchange.ts'

/** The HTTP methods that routes have. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler answers; cookies are complete Set-Cookie values. */
export type Reply =
  | (ReplyHead & { readonly status: number; readonly body: unknown })
  /** A page. */
  | (ReplyHead & { readonly status: number; readonly html: string })
  /** A redirect; after a POST always 303. */
  | (ReplyHead & { readonly status: 302 | 303 | 307; readonly location: string })
  /** An error whose answer also sets or clears cookies. */
  | (ReplyHead & { readonly error: AuthError })

interface ReplyHead {
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
}

/**
 * What a route spends, whose budget it is, when a request counts, and how large the budget is
 * unless the configuration says otherwise.
 *
 * What costs others, or us, counts by address, when it is asked. What an owner does with the
 * account counts by login, when it is done: neither another login, which may be a thief's, nor a
 * request that is refused keeps the owner from it.
 */
export type RouteLimit =
  | {
      readonly action: string
      readonly default: RateLimit
      readonly by: 'address'
      readonly counts: 'asked'
      /** What is counted instead while the client address is unknown; `null` for nothing. */
      readonly withoutAddress: (sent: unknown) => string | null
    }
  | {
      readonly action: string
      readonly default: RateLimit
      readonly by: 'login'
      /** A unit is spent before the handler runs, and given back unless its answer is a success. */
      readonly counts: 'done'
      /**
       * Names the login where the route has no gate; `null` for nobody, of whom nothing is counted.
       * Default: that of the principal whom the gate admits.
       */
      readonly login?: (exchange: Exchange) => Promise<Pick<Principal, 'userId' | 'login'> | null>
    }

export type PathParams = Readonly<Record<string, string>>

export interface RouteInput<Body, Query, Caller> {
  readonly exchange: Exchange
  readonly body: Body
  readonly query: Query
  /** The segments that stand for names in the path. */
  readonly params: PathParams
  /** Who calls; `null` where the route has no gate. */
  readonly principal: Caller
}

/** A schema of a body: of any library, and told to the OpenAPI document where it can be. */
export type BodySchema = StandardSchemaV1

type Read<Schema> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : undefined

/** A query: the schema that judges it and that the document shows, and how each text is read. */
export interface RouteQuery<Schema extends z.ZodObject> {
  readonly schema: Schema
  readonly read: Readonly<Record<keyof z.input<Schema> & string, FormField>>
}

type FormOf<Schema> = Schema extends StandardSchemaV1
  ? Readonly<Record<keyof StandardSchemaV1.InferInput<Schema> & string, FormField>>
  : undefined

export interface RouteDefinition<
  Schema extends BodySchema | undefined,
  Query extends z.ZodObject | undefined,
  Gate extends BuiltGate | undefined,
> {
  readonly method: Method
  /** Relative to where the application mounts the routes; `:name` stands for one segment. */
  readonly path: string
  readonly operation: Operation
  /** The JSON body. */
  readonly body?: Schema
  /**
   * How each field of the body is read from the form that is taken besides JSON; none is left out.
   */
  readonly form?: FormOf<Schema>
  /** Whether a body that cannot be read, of whatever type, counts as an empty one. */
  readonly anyBody?: boolean
  readonly query?: Query extends z.ZodObject ? RouteQuery<Query> : undefined
  readonly limit?: RouteLimit
  /** Not an optional one: a handler behind a gate has a principal. */
  readonly gate?: Gate
  /** Whether only pages of our own origin, and of trusted ones, may have a browser send it. */
  readonly ownOrigin?: boolean
  handle(
    input: RouteInput<
      Read<Schema>,
      Query extends z.ZodObject ? z.output<Query> : undefined,
      Gate extends BuiltGate ? Principal : null
    >,
  ): Promise<Reply>
}

/** What the OpenAPI document says of a route beyond what the definition implies. */
export interface Operation {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly responses: Readonly<Record<number, OperationResponse>>
  /** Errors that the handler itself raises; those of limit, gate and body are implied. */
  readonly errors?: readonly ErrorCode[]
  /** Those of its errors that set or clear cookies. */
  readonly errorsWithCookies?: readonly ErrorCode[]
  /** Whether it wants a CSRF token although no gate guards it. */
  readonly csrf?: boolean
}

export interface OperationResponse {
  readonly description: string
  /** Left out of a redirect, which has no body. */
  readonly schema?: z.ZodType
  /** Whether it is a page, not JSON. */
  readonly isPage?: boolean
  /** The cookies that it may set. */
  readonly cookies?: readonly string[]
}

/** A route of any body, query and gate. */
export interface Route
  extends Omit<
    RouteDefinition<undefined, undefined, undefined>,
    'handle' | 'body' | 'form' | 'query' | 'gate'
  > {
  readonly form?: Readonly<Record<string, FormField>>
  readonly body?: BodySchema
  readonly query?: RouteQuery<z.ZodObject>
  readonly gate?: BuiltGate
  handle(input: RouteInput<unknown, unknown, Principal | null>): Promise<Reply>
}

/** Ties what a handler gets to the schemas and the gate of its route. */
export function route<
  Schema extends BodySchema | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Gate extends BuiltGate | undefined = undefined,
>(definition: RouteDefinition<Schema, Query, Gate>): Route {
  // Sound: the pipeline gives `handle` what the route's own schemas and gate made.
  return definition as unknown as Route
}
