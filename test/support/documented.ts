/**
 * Holds every answer of a route against the OpenAPI document of its own application: a status, a
 * code or a header that the document does not list fails the test that got it.
 */
import type { AuthCore, Endpoint, OpenApiDocument } from 'crudauth'
import { expect } from 'vitest'
import type { Send } from './browser.ts'

type Described = Pick<AuthCore, 'openapi'> & {
  readonly endpoints: readonly Pick<Endpoint, 'method' | 'path'>[]
}

interface DescribedAnswer {
  readonly description?: string
  readonly headers?: Readonly<Record<string, unknown>>
}

/** What a client has to know of: when to come back, what would be accepted, what is kept. */
const headers = [
  'Retry-After',
  'WWW-Authenticate',
  'X-CSRF-Error',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'Set-Cookie',
]

/** The same, and each answer is compared. */
export function documented(auth: Described, send: Send): Send {
  let document: Promise<OpenApiDocument> | undefined
  return async (request, peer) => {
    const response = await send(request, peer)
    const path = pathFor(auth, request)
    if (path !== null) {
      document ??= auth.openapi()
      compare(await document, `${request.method} ${path}`, await answerOf(response))
    }
    return response
  }
}

interface Answering {
  fetch(call: never): Promise<Response>
}

/** `auth`, with the answers of its own `fetch` compared as well. */
export function documentedFetch<A extends Described & Answering>(auth: A): A {
  const fetch = auth.fetch as (call: unknown) => Promise<Response>
  const compared = async (call: unknown) => {
    const send = documented(auth, () => fetch(call))
    return send(requestOf(call), undefined)
  }
  return { ...auth, fetch: compared }
}

function requestOf(call: unknown): Request {
  const { request, req } = call as { request?: Request; req?: { raw: Request } }
  return request ?? req?.raw ?? (call as Request)
}

/** The path of the document that a request is about; `null` for what is not ours. */
function pathFor({ endpoints }: Described, { method, url }: Request): string | null {
  const segments = URL.parse(url)?.pathname.split('/') ?? []
  const found = endpoints.find((endpoint) => {
    const wanted = endpoint.path.split('/')
    return (
      endpoint.method === method &&
      wanted.length === segments.length &&
      wanted.every((one, index) =>
        one.startsWith(':') ? segments[index] : one === segments[index],
      )
    )
  })
  return found ? found.path.replace(/:(\w+)/g, '{$1}') : null
}

interface Answer {
  readonly status: number
  /** Of a problem document. */
  readonly code: string | null
  readonly headers: readonly string[]
}

async function answerOf(response: Response): Promise<Answer> {
  const isProblem = response.headers.get('content-type') === 'application/problem+json'
  const { code } = isProblem
    ? ((await response.clone().json()) as { code: string })
    : { code: null }
  const sent = headers.filter((name) => response.headers.has(name))
  return { status: response.status, code, headers: sent }
}

function compare(document: OpenApiDocument, route: string, answer: Answer): void {
  const [method = '', path = ''] = route.split(' ')
  const operation = document.paths?.[path]?.[method.toLowerCase() as 'get']
  const described = operation?.responses?.[String(answer.status)] as DescribedAnswer | undefined
  const codes = [...(described?.description ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => code)
  const missing = answer.headers.filter((name) => !Object.hasOwn(described?.headers ?? {}, name))
  const isListed = described !== undefined && (answer.code === null || codes.includes(answer.code))
  expect(
    { route, ...answer, isListed, missing },
    'an answer that the OpenAPI document does not have',
  ).toEqual({ route, ...answer, isListed: true, missing: [] })
}
