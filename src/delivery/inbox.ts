/**
 * Channels that keep messages in memory: for tests, and for the developer's own machine.
 */
import { randomBytes } from 'node:crypto'
import { equalInConstantTime } from '../crypto.ts'
import { ConfigurationError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Exchange } from '../http/exchange.ts'
import { escaped } from '../plain-text.ts'
import type { CodeOptions, DeliveryChannel, Message, MessageKind } from './channel.ts'

/** Which message `inbox.next()` waits for. */
export interface MessageWanted {
  /** The address or number that it goes to. */
  to: string
  /** Default: of any kind. */
  kind?: MessageKind
  /** How long to wait, in milliseconds. Default 5000. */
  withinMs?: number
}

/** Messages in memory, the latest two hundred. */
export interface Inbox extends DeliveryChannel {
  /** What was delivered, oldest first. */
  readonly messages: readonly Message[]
  /**
   * The oldest message to this recipient that `next` has not returned before; waits for one that is
   * on its way.
   *
   * @throws Error when none comes in time.
   */
  next(wanted: MessageWanted): Promise<Message>
}

const mostKept = 200

class MemoryInbox implements Inbox {
  readonly name: string = 'inbox'
  readonly codes?: CodeOptions
  readonly #messages: Message[] = []
  readonly #returned: WeakSet<Message> = new WeakSet()
  readonly #waiting: Set<() => void> = new Set()

  constructor(codes: CodeOptions | undefined) {
    if (codes !== undefined) this.codes = codes
  }

  get messages(): readonly Message[] {
    return this.#messages
  }

  deliver(message: Message): void {
    this.#messages.push(message)
    if (this.#messages.length > mostKept) this.#messages.shift()
    for (const look of [...this.#waiting]) look()
  }

  next({ to, kind, withinMs = 5000 }: MessageWanted): Promise<Message> {
    const find = () =>
      this.#messages.find(
        (one) =>
          one.recipient === to &&
          (kind === undefined || one.kind === kind) &&
          !this.#returned.has(one),
      )
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`no ${kind ?? 'message'} for ${to} within ${withinMs} ms`))
      }, withinMs)
      const look = () => {
        const found = find()
        if (!found) return
        this.#returned.add(found)
        this.#waiting.delete(look)
        clearTimeout(timer)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }
}

/**
 * A channel that keeps messages, for tests: `await inbox.next({ to: 'ann@example.com' })`.
 *
 * @example
 * ```ts
 * const inbox = testInbox()
 * const auth = crudAuth({ …, features: [recovery({ channels: [inbox], frontendUrl })] })
 * const { link } = await inbox.next({ to: 'ann@example.com' })
 * ```
 */
export function testInbox({ codes }: InboxOptions = {}): Inbox {
  return new MemoryInbox(codes)
}

/** The options of `testInbox()`. */
export interface InboxOptions {
  /** Gives messages a code beside the link. Default none. */
  codes?: CodeOptions
}

/** The options of `developmentInbox()`. */
export interface DevelopmentInboxOptions extends InboxOptions {
  /** Where each message is printed. Default `console.warn`. */
  print?: (text: string) => void
}

/** What a channel of the library may bring besides messages: a page, and a word at the start. */
export interface DevelopmentInbox extends Inbox {
  /** Where its page is: a path with a key, which is another one in each process. */
  readonly path: string
  /**
   * The page of its messages; `null` for everybody but a browser on this machine that has the key.
   */
  page(exchange: Exchange, key: string): string | null
  announce(emit: EventListener): void
}

/**
 * A channel for the developer's own machine: prints each message with its link, and shows all of
 * them at `inbox.path`, to browsers on this machine only that have the key in it. It prints that
 * path with the first message.
 *
 * @throws ConfigurationError under `NODE_ENV=production`: who reads it gets into every account.
 *
 * @example
 * ```ts
 * recovery({ channels: [developmentInbox()], frontendUrl: 'http://localhost:3000' })
 * ```
 */
export function developmentInbox({
  print = console.warn,
  codes,
}: DevelopmentInboxOptions = {}): DevelopmentInbox {
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigurationError([
      'developmentInbox() shows every link to whoever can read it, and NODE_ENV is production; write channels: [email(sender)]',
    ])
  }
  return new PrintedInbox(print, codes)
}

/** Where the page is. */
export const inboxPath = '/development-inbox'

class PrintedInbox extends MemoryInbox implements DevelopmentInbox {
  override readonly name = 'development-inbox'
  readonly #print: (text: string) => void
  #key: string | undefined
  #isTold = false

  constructor(print: (text: string) => void, codes: CodeOptions | undefined) {
    super(codes)
    this.#print = print
  }

  override deliver(message: Message): void {
    super.deliver(message)
    const { kind, recipient, link, code } = message
    const opened = [link, code].filter((one) => one !== null).join('\n  ')
    this.#print(`crudauth: ${kind} for ${recipient}\n  ${opened}`)
    if (!this.#isTold)
      this.#print(
        `crudauth: all messages, in a browser, below the path of your routes: ${this.path}`,
      )
    this.#isTold = true
  }

  /** Drawn when it is first wanted: some platforms forbid randomness while modules load. */
  get path(): string {
    this.#key ??= randomBytes(16).toString('base64url')
    return `${inboxPath}?key=${this.#key}`
  }

  announce(emit: EventListener): void {
    emit({
      name: 'warning',
      code: 'development_inbox',
      message:
        'messages go to the development inbox, not to people. It shows every link, to this machine only. Before you publish, write channels: [email(sender)].',
    })
  }

  page(exchange: Exchange, key: string): string | null {
    const isWelcome =
      isThisMachine(exchange) && equalInConstantTime(this.path, `${inboxPath}?key=${key}`)
    return isWelcome ? pageOf([...this.messages].reverse()) : null
  }
}

/**
 * Whether a browser on this machine asks: by the address of its connection, through no proxy, and
 * under a name of this machine, which a page of somebody else's cannot have (DNS rebinding).
 */
function isThisMachine(exchange: Exchange): boolean {
  const { headers, url } = exchange.request
  const isForwarded = [...headers.keys()].some((name) => forwarding.test(name))
  const address = exchange.address?.address ?? ''
  const isLoopback = address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
  const hosts = [new URL(url).hostname, hostnameOf(headers.get('host'))]
  return !isForwarded && isLoopback && hosts.every((host) => localHosts.has(host))
}

/** What proxies say of themselves. */
const forwarding = /^(?:forwarded|via|x-forwarded-.*|x-real-ip|cf-.*)$/

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

function hostnameOf(host: string | null): string {
  if (host === null) return 'localhost'
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}

function pageOf(messages: readonly Message[]): string {
  const entries = messages.map(({ kind, recipient, link, code }) => {
    const opened = [
      ...(link === null ? [] : [`<a href="${escaped(link)}">${escaped(link)}</a>`]),
      ...(code === null ? [] : [`<strong>${escaped(code)}</strong>`]),
    ]
    return `<article><h2>${escaped(kind)}</h2><p>To ${escaped(recipient)}</p><p>${opened.join('<br>')}</p></article>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Development inbox</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { border-top: 1px solid; padding: .5rem 0 }
h2 { font-size: 1rem; margin: 0 } p { margin: .25rem 0 } a { word-break: break-all }
</style>
</head>
<body>
<main>
<h1>Development inbox</h1>
<p>${messages.length === 0 ? 'Nothing yet. Messages appear here, newest first: reload the page.' : 'Newest first. Messages are gone when the server stops.'}</p>
${entries.join('\n')}
</main>
</body>
</html>
`
}
