/**
 * Every error that the library raises on purpose.
 *
 * `AuthError` is an answer to a request: it knows its status, a stable code and a text for the
 * end user, and turns into a problem document (RFC 9457). `ConfigurationError` is for the
 * developer: it is thrown at construction and says what to write instead. Neither ever carries a
 * credential or anything else that a client sent.
 */

/** One thing that is wrong with a request body: where, and what would be right. */
export interface FieldProblem {
  /** Names and indexes joined by dots; empty for the body as a whole. */
  readonly path: string
  readonly message: string
}

/** The wire form of an error, `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors?: readonly FieldProblem[]
}

/** The stable codes, each with the status that it is answered with. */
export const errorStatus = {
  has_password: 400,
  no_password: 400,
  csrf_disabled: 400,
  connection_lost: 400,
  malformed_request: 400,
  recovery_token_invalid: 400,
  recovery_token_used: 400,
  recovery_code_invalid: 400,
  contact_unchanged: 400,
  invitation_invalid: 400,
  oauth_failed: 400,
  oauth_provider_unknown: 400,
  oauth_state_invalid: 400,
  oauth_redirect_invalid: 400,
  oauth_code_invalid: 400,
  oauth_account_exists: 400,
  oauth_identity_taken: 400,
  oauth_last_identity: 400,
  oauth_no_address: 400,
  oauth_no_account: 400,
  oauth_account_unavailable: 400,
  not_authenticated: 401,
  invalid_token: 401,
  incorrect_credentials: 401,
  further_proof_required: 401,
  sign_in_ended: 401,
  insufficient_privileges: 403,
  not_verified: 403,
  insufficient_scope: 403,
  access_denied: 403,
  csrf_missing: 403,
  csrf_invalid: 403,
  cross_origin: 403,
  session_required: 403,
  sudo_required: 403,
  fresh_login_required: 403,
  password_needed: 403,
  password_change_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_many_keys: 409,
  body_too_large: 413,
  malformed_body: 422,
  validation_failed: 422,
  duplicate_value: 422,
  rate_limited: 429,
  login_locked: 429,
  sudo_locked: 429,
  internal_error: 500,
  hook_failed: 500,
  overloaded: 503,
  storage_unavailable: 503,
  database_unavailable: 503,
} as const

/** The stable code of an `AuthError`, for programs to branch on. */
export type ErrorCode = keyof typeof errorStatus

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** What an `AuthError` can carry besides its code and its text. */
export interface AuthErrorOptions extends ErrorOptions {
  /** Response headers that belong to the error, `Retry-After` for one. */
  headers?: Readonly<Record<string, string>>
  /** What is wrong with the body, field by field. */
  errors?: readonly FieldProblem[]
  /** Further members of the problem document (RFC 9457 §3.2), for programs. */
  members?: Readonly<Record<string, unknown>>
}

/** An error that is an answer: thrown by guards and services, sent as a problem document. */
export class AuthError extends Error {
  /** Stable across versions; the thing to branch on. */
  readonly code: ErrorCode
  readonly status: number
  /** For the end user. Says nothing that helps an attacker. */
  readonly detail: string
  readonly errors: readonly FieldProblem[] | undefined
  readonly #headers: Readonly<Record<string, string>>
  readonly #members: Readonly<Record<string, unknown>>

  /** @throws TypeError for a code that is none: an answer without a status would be a 200. */
  constructor(code: ErrorCode, detail: string, options: AuthErrorOptions = {}) {
    super(detail, options)
    if (!Object.hasOwn(errorStatus, code)) {
      const known = Object.keys(errorStatus).join(', ')
      throw new TypeError(`crudauth: '${code}' is no code of an AuthError; write one of ${known}`)
    }
    this.name = 'AuthError'
    this.code = code
    this.status = errorStatus[code]
    this.detail = detail
    this.#headers = options.headers ?? {}
    this.errors = options.errors
    this.#members = options.members ?? {}
  }

  /** Belong on the answer. A cookie may be among them: logs that print the error do not show it. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers
  }

  /** The same error with further members of the problem document. */
  with(members: Readonly<Record<string, unknown>>): AuthError {
    const { code, detail, errors, cause, headers } = this
    return new AuthError(code, detail, {
      ...(cause === undefined ? {} : { cause }),
      ...(errors ? { errors } : {}),
      headers,
      members: { ...this.#members, ...members },
    })
  }

  /** The wire form, as data. */
  toProblem(): Problem {
    return {
      ...this.#members,
      type: 'about:blank',
      title: titles[this.status] ?? 'Error',
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(this.errors ? { errors: this.errors } : {}),
    }
  }

  /** The error as an HTTP answer. Hono's own error handler calls a method of this name. */
  getResponse(): Response {
    return new Response(JSON.stringify(this.toProblem()), {
      status: this.status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...this.headers,
      },
    })
  }
}

/**
 * The client has gone, so nobody reads this answer; an unexpected error would alarm the operator.
 */
export function connectionLost(cause?: unknown): AuthError {
  return new AuthError('connection_lost', 'The connection was closed.', { cause })
}

/** Thrown once, at construction, with everything that is wrong with a configuration. */
export class ConfigurationError extends Error {
  /** One sentence each: what was found, and what to write instead. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`crudauth is misconfigured:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}
