/**
 * What a server knows of the connection that a request came over.
 *
 * The address of a TCP connection can be asked for only while it stands. A client that resets its
 * connection with its request must not pass for one that never had an address, a Unix socket: no
 * limit per address would count it.
 */

/** What only the framework knows of a request: who is at the other end of the socket. */
export interface Connection {
  /** The peer's IP address, without its port; left out where there is none (a Unix socket). */
  readonly peer?: string | undefined
  /**
   * The connection had an address, and was gone before anybody asked for it. The request is then
   * refused, with `connection_lost` (400).
   */
  readonly lost?: boolean | undefined
  /**
   * Has the platform wait for what goes on after the answer, such as messages: Cloudflare's
   * `ctx.waitUntil`. Not needed where the process runs on.
   */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/** As much of a `net.Socket` as has to be known. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
  readonly destroyed?: boolean | undefined
  /** The server that accepted it. Node sets it, and does not document it. */
  readonly server?: { address?(): unknown } | null | undefined
}

/**
 * The connection of a request on Node: `auth.fetch(request, connectionOf(incoming.socket))`. Ask
 * before anything is awaited. Once read from a live socket, Node remembers the address for as long
 * as the socket is held.
 *
 * @example
 * ```ts
 * createServer(async (incoming, outgoing) => {
 *   const connection = connectionOf(incoming.socket)
 *   const response = await auth.fetch({ request: requestOf(incoming), ...connection })
 * })
 * ```
 */
export function connectionOf(socket: PeerSocket): Connection {
  try {
    const peer = socket.remoteAddress
    if (peer) return { peer }
    return isUnixSocket(socket) ? {} : { lost: true }
  } catch {
    // The socket of an HTTP/2 stream throws when its session has ended.
    return { lost: true }
  }
}

/**
 * Asked of a socket without an address. What cannot be told counts as a connection that was lost.
 */
function isUnixSocket(socket: PeerSocket): boolean {
  const bound = socket.server?.address?.()
  // A server has a path for its address, or an IP address and a port.
  if (typeof bound === 'string') return true
  if (typeof bound === 'object' && bound !== null) return false
  // It listens no more, or on a descriptor. A TCP socket that still is open has an end here.
  return socket.destroyed !== true && !socket.localAddress
}
