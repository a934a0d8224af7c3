/**
 * Whether a message repeats what somebody sent: a password in a schema's complaint, a hash in a
 * database's. Libraries quote, escape, cut and reformat what they repeat, so it is compared by its
 * letters and digits.
 */

/**
 * Whether a message repeats anything of what was sent.
 *
 * @param about The value that the message is about. Parts of it count even when they are as short
 *   as `5`; elsewhere anything so short is probably one of the message's own words.
 */
export type Echoes = (message: string, about?: unknown) => boolean

/** With more values than this, comparing takes too long, so every message counts as an echo. */
const most = 256

/** @param known Names of fields, which a message may say. */
export function echoesOf(sent: unknown, known: ReadonlySet<string> = new Set()): Echoes {
  const leaves = leavesOf(sent, known)
  if (leaves.length > most) return () => true
  const long = new Set<string>()
  for (const form of leaves.flatMap(formsOf)) {
    const bare = letters(form)
    // Comparing the beginning is enough, since some messages are truncated.
    if (bare.length > 2) long.add(bare.slice(0, 12))
  }
  // Many messages may be about one value, which may be large.
  const found = new Map<unknown, string[]>()
  return (message, about) => {
    const bare = letters(message)
    if ([...long].some((one) => bare.includes(one))) return true
    const own = found.get(about) ?? leavesOf(about, known)
    found.set(about, own)
    return own.length > most || own.flatMap(formsOf).some((form) => stands(form, message))
  }
}

/** Every text, number and name of a field in a value, at any depth. */
function leavesOf(value: unknown, known: ReadonlySet<string>): string[] {
  const leaves = new Set<string>()
  // Not recursive: a body may be nested deeper than the stack.
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') leaves.add(next)
    else if (typeof next === 'number' || typeof next === 'bigint') leaves.add(String(next))
    else if (next instanceof Date) leaves.add(String(next.getTime()))
    else if (typeof next === 'object' && next !== null) {
      for (const [name, inner] of Object.entries(next)) {
        if (!Array.isArray(next) && !known.has(name)) leaves.add(name)
        open.push(inner)
      }
    }
  }
  return [...leaves]
}

/** A text as it may be written inside of another. */
function formsOf(text: string): string[] {
  const plain = text.toWellFormed()
  return [plain, JSON.stringify(plain).slice(1, -1), encodeURIComponent(plain)]
}

/**
 * Whether a text stands in a message by itself, as `5` does in `(was 5)`, and not in `(was 15)`.
 */
function stands(text: string, message: string): boolean {
  const edge = (one: string | undefined) => one === undefined || !/[\p{L}\p{N}]/u.test(one)
  if (text.trim() === '') return false
  for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + 1)) {
    if (edge(message[at - 1]) && edge(message[at + text.length])) return true
  }
  return false
}

function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
