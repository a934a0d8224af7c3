/**
 * Frameworks that do not exist, each a small object over what `crudauth` exports, as an application
 * would write it: one that hands over a pair, one with parsed bodies and a `res`, and one whose
 * components have no request at all.
 */
import { AuthError, connectionOf, type Framework, type PeerSocket } from 'crudauth'

type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** As much of Node's own request as such frameworks show. */
export interface NodeRequest {
  readonly method: string
  readonly url: string
  readonly headers: NodeHeaders
  readonly socket: PeerSocket
  /** What a parser made of the body; `undefined` where none did. */
  readonly body?: unknown
}

/** What an answer has been told to have. */
export interface NodeReply {
  status: number
  readonly headers: [string, string][]
  body: unknown
}

/** The web's request of a framework's own; the same one however often it is asked for. */
const requests = new WeakMap<NodeRequest, Request>()

function webRequest(request: NodeRequest): Request {
  let made = requests.get(request)
  if (!made) {
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) {
      for (const line of [value ?? []].flat()) headers.append(name, line)
    }
    const url = `https://${headers.get('host')}${request.url}`
    made = new Request(url, { method: request.method, headers })
    requests.set(request, made)
  }
  return made
}

/** As in Fastify: a pair, with a reply that collects headers. */
export interface PairCall {
  readonly request: NodeRequest
  readonly reply: NodeReply
}

export const pairFramework: Framework<PairCall> = {
  read: ({ request }) => ({
    request: webRequest(request),
    body: request.body,
    ...connectionOf(request.socket),
  }),
  addHeaders({ reply }, headers) {
    for (const line of headers) reply.headers.push(line)
  },
}

/** As in Express: `req` and `res`, which comes to be asynchronous here. */
export interface ReqResCall {
  readonly req: NodeRequest
  readonly res: NodeReply
}

export const reqResFramework: Framework<ReqResCall> = {
  async read({ req }) {
    return { request: webRequest(req), body: req.body, ...connectionOf(req.socket) }
  },
  async addHeaders({ res }, headers) {
    for (const line of headers) res.headers.push(line)
  },
}

/**
 * As in Next: a component has no request, headers come from a function, and no cookie can be set.
 */
export function ambientFramework(
  headersOfRequest: () => Promise<Headers>,
  // biome-ignore lint/suspicious/noConfusingVoidType: nothing is what a component hands over
): Framework<void | Request> {
  return {
    read: async (call) => ({
      request:
        call instanceof Request
          ? call
          : new Request('https://app.example.com/', { headers: await headersOfRequest() }),
    }),
  }
}

/** A request as Node shows it. */
export function nodeRequest(
  method: string,
  url: string,
  { headers = {}, body }: { headers?: NodeHeaders; body?: unknown } = {},
): NodeRequest {
  const socket = { remoteAddress: '203.0.113.7' }
  return { method, url, headers: { host: 'app.example.com', ...headers }, socket, body }
}

export function nodeReply(): NodeReply {
  return { status: 200, headers: [], body: undefined }
}

/** Puts an answer of the library on a reply, as a route of the framework would. */
export async function give(reply: NodeReply, response: Response): Promise<NodeReply> {
  reply.status = response.status
  for (const line of response.headers) reply.headers.push(line)
  reply.body = await response.json()
  return reply
}

/** What such a framework does with an error that a handler throws. */
export async function giveError(reply: NodeReply, error: unknown): Promise<NodeReply> {
  if (error instanceof AuthError) return give(reply, error.getResponse())
  throw error
}

/** The cookies of a reply, as a browser would send them. */
export function cookiesOf({ headers }: NodeReply): string {
  return headers
    .filter(([name]) => name === 'set-cookie')
    .map(([, line]) => line.split(';')[0])
    .join('; ')
}
