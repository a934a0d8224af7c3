/**
 * The one call shape: what stands for the request comes first, everywhere, and a framework is a
 * small object that reads it.
 *
 * In the core that is the web's own `Request`, alone or with what only a server knows of it. For
 * Hono it is `c`; for Fastify the pair of request and reply; for a Next component nothing at all.
 */
import type { Connection } from './connection.ts'
import type { Exchange, ExchangeFor } from './exchange.ts'

/** A request, with what only the framework knows of it. */
export interface Incoming extends Connection {
  /**
   * With `method`, `url` and `headers` as they came; made of those where the framework has no
   * `Request`, and then the same one each time that a request is read: who sends it is found out
   * once for each.
   */
  readonly request: Request
  /**
   * The body, where somebody parsed it before the library got to see it: then it is not read again.
   * The `Content-Type` says whether it was JSON, whose values count, or a form, whose texts are
   * read.
   */
  readonly body?: unknown
  /**
   * Gives the body once more, where somebody has read it off `request` and the framework kept it:
   * its bytes, or the form that it was. Asked only then.
   */
  readonly reread?: (() => Promise<ArrayBuffer | FormData>) | undefined
}

/** What stands for a request in the core. */
export type Call = Request | Incoming

/** How a framework is read and answered: all that an adapter says to the core. */
export interface Framework<C> {
  read(call: C): Incoming | Promise<Incoming>
  /**
   * Puts headers, such as cookies, on the answer that the application is about to give. Left out
   * where it cannot be done; then the application has to take them from what a call returns.
   */
  addHeaders?(call: C, headers: Headers): void | Promise<void>
  /** What is wrong with the framework's own options: told with everything else. Default none. */
  readonly problems?: readonly string[]
}

/** The core's own: a `Request`, with or without more. */
export const webFramework: Framework<Call> = {
  read: (call) => (call instanceof Request ? { request: call } : call),
}

/** The calls of one framework, as exchanges. */
export interface Calls<C = unknown> {
  /**
   * At once, where the framework reads its calls at once.
   *
   * @throws AuthError `connection_lost` (400), and whatever the configured `tenant` throws.
   */
  exchange(call: C): Exchange | Promise<Exchange>
  addHeaders(call: C, headers: Headers): Promise<void>
}

export function callsOf<C>(framework: Framework<C>, exchangeFor: ExchangeFor): Calls<C> {
  return {
    exchange(call) {
      const incoming = framework.read(call)
      return incoming instanceof Promise ? incoming.then(exchangeFor) : exchangeFor(incoming)
    },
    async addHeaders(call, headers) {
      await framework.addHeaders?.(call, headers)
    },
  }
}
