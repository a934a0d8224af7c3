/**
 * What a channel threw, without the message: events go into logs, where a link would be a way in.
 *
 * Clients of HTTP attach the request to their errors, and mail servers repeat the address.
 */
import { echoesOf } from '../echo.ts'
import type { Message } from './channel.ts'

/**
 * The same error where there is nothing more to it than a message and a code that repeat nothing;
 * else one like it, with the texts and numbers that it has, and none of the objects.
 */
export function withoutMessage(thrown: unknown, message: Message): unknown {
  try {
    return told(thrown, secretsOf(message), 0)
  } catch {
    // Of an object whose properties cannot be read.
    return new Error('no reason was given')
  }
}

/** Errors that caused each other may do so in a circle. */
const mostCauses = 5

/** As opaque tokens are written: 32 bytes in base64url. */
const opaque = /[\w-]{43,}/g

interface Secrets {
  /** The longest first: the link has the token in it. */
  readonly texts: readonly string[]
  readonly tokens: readonly string[]
}

function secretsOf({ link, code, recipient }: Message): Secrets {
  const tokens = link?.match(opaque) ?? []
  const written = [link, ...tokens, recipient, code].filter((text) => text !== null && text !== '')
  // Clients of HTTP name the URL that they called.
  const texts = (written as string[]).flatMap((text) => [text, encodeURIComponent(text)])
  return {
    texts: [...new Set(texts)].sort((a, b) => b.length - a.length),
    // A code may be in groups: `123 456`.
    tokens: code === null ? tokens : [...tokens, code],
  }
}

function told(thrown: unknown, secrets: Secrets, depth: number): unknown {
  if (typeof thrown !== 'object' || thrown === null) return redacted(thrown, secrets)
  const error = thrown as Error & Readonly<Record<PropertyKey, unknown>>
  const message = redacted(String(error.message ?? 'no reason was given'), secrets)
  const cause = depth < mostCauses ? told(error.cause, secrets, depth + 1) : undefined
  const others = Reflect.ownKeys(error).filter((name) => name !== 'message' && name !== 'cause')
  const kept = others
    .filter((name) => isPlain(error[name]))
    .map((name) => [name, redacted(error[name], secrets)] as const)
  const isWhole =
    thrown instanceof Error &&
    message === error.message &&
    cause === error.cause &&
    kept.length === others.length &&
    kept.every(([name, value]) => value === error[name])
  if (isWhole) return thrown
  const like = new Error(String(message), ...(cause === undefined ? [] : [{ cause }]))
  const name = String(redacted(error.name ?? 'Error', secrets))
  Object.defineProperty(like, 'name', { ...hidden, value: name })
  for (const [key, value] of kept) {
    const enumerable = Object.getOwnPropertyDescriptor(error, key)?.enumerable ?? false
    Object.defineProperty(like, key, { ...hidden, enumerable, value })
  }
  return like
}

const hidden = { configurable: true, enumerable: false, writable: true } as const

function isPlain(value: unknown): boolean {
  return (typeof value !== 'object' || value === null) && typeof value !== 'function'
}

function redacted(value: unknown, { texts, tokens }: Secrets): unknown {
  if (typeof value !== 'string') return value
  const rest = texts.reduce((text, secret) => text.replaceAll(anyCase(secret), '…'), value)
  // A message that was cut, or escaped in some way of its own.
  return echoesOf(tokens)(rest) ? 'the reason repeats the message' : rest
}

function anyCase(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'), 'gi')
}
