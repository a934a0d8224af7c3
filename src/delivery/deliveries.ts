/**
 * Brings a message to every channel, best effort: the channels are started in their order and none
 * waits for another, a failed one is tried again within a bound, and every outcome is an event.
 */
import type { Afterwards } from '../afterwards.ts'
import type { CodeRules } from '../credentials/message-codes.ts'
import type { EventListener, UserId } from '../events.ts'
import { type DeliveryChannel, type Message, Undeliverable } from './channel.ts'
import { strictest } from './codes.ts'
import { withoutMessage } from './failure.ts'

export interface DeliverySettings {
  readonly channels: readonly DeliveryChannel[]
  /** The pauses before further attempts, in seconds. */
  readonly retries: readonly number[]
  /** How long one attempt may take. */
  readonly timeoutMs: number
}

export interface DeliveryParts {
  readonly clock: () => number
  readonly emit: EventListener
  readonly afterwards: Afterwards
}

export class Deliveries {
  readonly #settings: DeliverySettings
  readonly #parts: DeliveryParts

  constructor(settings: DeliverySettings, parts: DeliveryParts) {
    this.#settings = settings
    this.#parts = parts
  }

  /**
   * The rules for the code of a message: those of the channels that take it, the strictest of each.
   * `null` where none of them wants a code. One code goes over all of them.
   */
  codeRules(message: Message): CodeRules | null {
    return strictest(this.#settings.channels.filter((channel) => accepts(channel, message)))
  }

  /** Whether any channel took the message. Takes as long as the last attempt; never rejects. */
  async deliver(message: Message, userId: UserId | null): Promise<boolean> {
    const channels = this.#settings.channels.filter((channel) => accepts(channel, message))
    if (channels.length === 0) {
      const error = new Undeliverable('no channel takes this message')
      this.#failed(message, userId, { channel: null, attempt: 0, retryInSeconds: null, error })
      return false
    }
    const withoutCode = { ...message, code: null, codeExpiresIn: 0 }
    const outcomes = channels.map((channel) =>
      this.#through(channel, channel.codes ? message : withoutCode, userId),
    )
    return (await Promise.all(outcomes)).includes(true)
  }

  async #through(
    channel: DeliveryChannel,
    message: Message,
    userId: UserId | null,
  ): Promise<boolean> {
    const { emit, afterwards } = this.#parts
    const { kind } = message
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#once(channel, message)
        emit({ name: 'message.delivered', kind, channel: channel.name, userId, attempt })
        return true
      } catch (error) {
        const retryInSeconds = this.#pauseAfter(attempt, message, error)
        this.#failed(message, userId, { channel: channel.name, attempt, retryInSeconds, error })
        if (retryInSeconds === null) return false
        await afterwards.pause(retryInSeconds)
      }
    }
  }

  /** How long to wait after an attempt; `null` where no further one is made. */
  #pauseAfter(attempt: number, { expiresAt }: Message, error: unknown): number | null {
    const pause = this.#settings.retries[attempt - 1]
    if (pause === undefined || isFinal(error) || this.#parts.afterwards.isClosing) return null
    const next = this.#parts.clock() + pause * 1000
    return expiresAt !== null && next >= expiresAt.getTime() ? null : pause
  }

  async #once(channel: DeliveryChannel, message: Message): Promise<void> {
    const { timeoutMs } = this.#settings
    const aborted = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        aborted.abort()
        reject(new Error(`the channel did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
    })
    try {
      await Promise.race([channel.deliver(message, { signal: aborted.signal }), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #failed(
    message: Message,
    userId: UserId | null,
    {
      error: thrown,
      ...what
    }: {
      readonly channel: string | null
      readonly attempt: number
      readonly retryInSeconds: number | null
      readonly error: unknown
    },
  ): void {
    const error = withoutMessage(thrown, message)
    this.#parts.emit({ name: 'message.failed', kind: message.kind, userId, ...what, error })
  }
}

/** A copy of the package in a bundle has a class of its own, so the name tells. */
function isFinal(error: unknown): boolean {
  return error instanceof Error && error.name === 'Undeliverable'
}

/** A channel that throws when it is asked is tried, so that its failure is told. */
function accepts(channel: DeliveryChannel, message: Message): boolean {
  try {
    return channel.accepts?.(message) ?? true
  } catch {
    return true
  }
}
