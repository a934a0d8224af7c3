/**
 * Why an operation on Redis failed, without what was sent.
 *
 * Clients attach the command with all its arguments to their errors, and servers quote arguments in
 * theirs. These go into logs, so only the message is kept, and it is cut before a quotation.
 */

/** What happened, where Redis did not say it with a word of its own (`OOM`, `READONLY`, …). */
export type RedisFailure =
  | 'TIMEOUT'
  | 'SILENT'
  | 'OVERLOADED'
  | 'CLOSED'
  | 'UNCONNECTED'
  | 'DISCONNECTED'

/** An operation on the storage that did not succeed. */
export class RedisStorageError extends Error {
  override readonly name: string = 'RedisStorageError'
  /** The first word of Redis's answer, such as `OOM`, or a `RedisFailure` where none came. */
  readonly code: RedisFailure | (string & {})

  /** Whether waiting helps: nothing will connect a client that nobody connects. */
  get isPermanent(): boolean {
    return this.code === 'UNCONNECTED'
  }

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** What a client rejected with, as an error of ours. */
export function failure(error: unknown): RedisStorageError {
  if (error instanceof RedisStorageError) return error
  const message = messageOf(error)
  return new RedisStorageError(
    replyCode(error) ?? 'DISCONNECTED',
    `Redis: ${message.split(/, with args|\n/, 1)[0]}`,
  )
}

/** The word that an answer of the server begins with; none where the client itself gave up. */
export function replyCode(error: unknown): string | undefined {
  return /^[A-Z][A-Z0-9_]+(?=\s|$)/.exec(messageOf(error))?.[0]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
