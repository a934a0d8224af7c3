/**
 * Request bodies in: bounded, decoded strictly, and reported without echoing what was sent.
 *
 * JSON everywhere, and forms where a route says so. Whatever a client sends, the outcome is a
 * plain value or an `AuthError`, never an exception of a parser.
 */
import { AuthError, connectionLost } from '../errors.ts'
import type { Incoming } from './call.ts'

/** How the text of a form field becomes a value; a text that it cannot read is passed through. */
export type FormField = (text: string) => unknown

export interface BodyReaderOptions {
  readonly maxBytes: number
  /** The fields of the form that the route takes besides JSON; without it, forms are refused. */
  readonly form: Readonly<Record<string, FormField>> | undefined
  /** Whether anything that is not a form is taken for JSON, whatever its content type says. */
  readonly anyType?: boolean
}

/**
 * Reads a body into the value that the route's schema will judge.
 *
 * @param reread See `Incoming.reread`.
 */
export async function readBody(
  request: Request,
  options: BodyReaderOptions,
  reread?: Incoming['reread'],
): Promise<unknown> {
  const form = formOf(request, options)
  const kept = request.bodyUsed && reread ? await keptBody(reread, options.maxBytes) : null
  if (kept instanceof FormData) return form ? formValues(kept, form) : undefined
  const bytes = kept ?? (await readBytes(request, options.maxBytes))
  if (form) return formValues(await parseForm(bytes, contentType(request)), form)
  try {
    return JSON.parse(strictUtf8.decode(bytes))
  } catch {
    throw malformed('The request body is not valid JSON.')
  }
}

/**
 * The same, of a body that somebody has parsed: what was a form has texts, what was JSON has
 * values.
 */
export function parsedBody(request: Request, options: BodyReaderOptions, parsed: unknown): unknown {
  const form = formOf(request, options)
  const hasFields = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  return form && hasFields ? formValues(Object.entries(parsed), form) : parsed
}

/**
 * How the fields of a form are read, where the body is one; `undefined` where it is JSON.
 *
 * @throws AuthError `malformed_body` (422) for a type that the route does not take.
 */
function formOf(request: Request, { form, anyType }: BodyReaderOptions): BodyReaderOptions['form'] {
  const type = mediaType(contentType(request))
  if (form && formTypes.has(type)) return form
  const isJson = type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)
  if (anyType || isJson) return undefined
  throw malformed(
    form
      ? 'The request body must be JSON or a form.'
      : 'The request body must be JSON, with the content type application/json.',
  )
}

/** The words for yes and no in a form, in any case; another text is passed on and refused later. */
export const formBoolean: FormField = (text) => {
  const word = text.toLowerCase()
  if (['true', '1', 'on', 'yes', 'y', 't'].includes(word)) return true
  if (['false', '0', 'off', 'no', 'n', 'f'].includes(word)) return false
  return text
}

/** A form field that stays text. */
export const formText: FormField = (text) => text

const urlEncoded = 'application/x-www-form-urlencoded'
const formTypes = new Set([urlEncoded, 'multipart/form-data'])
// Shared safely: without `stream: true`, decode() keeps no state between calls.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

function contentType({ headers }: Request): string {
  return headers.get('content-type') ?? ''
}

function mediaType(type: string): string {
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function malformed(detail: string): AuthError {
  return new AuthError('malformed_body', detail, { errors: [{ path: '', message: detail }] })
}

function tooLarge(maxBytes: number): AuthError {
  return new AuthError('body_too_large', `The request body is larger than ${maxBytes} bytes.`)
}

function endedEarly(): AuthError {
  return malformed('The request body ended early.')
}

/** What a framework kept of a body, which nobody has held to our size. */
async function keptBody(
  reread: NonNullable<Incoming['reread']>,
  maxBytes: number,
): Promise<Uint8Array | FormData> {
  const kept = await reread().catch(() => {
    throw malformed('The request body cannot be read.')
  })
  if (!(kept instanceof FormData)) {
    if (kept.byteLength > maxBytes) throw tooLarge(maxBytes)
    return new Uint8Array(kept)
  }
  let size = 0
  for (const [name, value] of kept) {
    size += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 0)
  }
  if (size > maxBytes) throw tooLarge(maxBytes)
  return kept
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const { headers } = request
  const length = headers.get('content-length')
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes)
  // The server drops the body of a client that has gone.
  if (request.signal.aborted && request.bodyUsed) throw connectionLost()
  if (request.bodyUsed) {
    throw new Error(
      'crudauth: the request body was read before the route, and nobody kept it; read a clone of the request, or in Hono with c.req instead of c.req.raw',
    )
  }
  // A server reads no more than the length that it was told, and needs no stream for it, which
  // costs more than all the rest of reading. Of a body that was compressed it is another length
  // than of what somebody before us has made of it.
  const isExact = !headers.has('transfer-encoding') && !headers.has('content-encoding')
  if (length !== null && /^\d+$/.test(length) && isExact) {
    const bytes = await request.arrayBuffer().catch(() => {
      throw endedEarly()
    })
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes)
    return new Uint8Array(bytes)
  }
  if (!request.body) return new Uint8Array()
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = await reader.read().catch(() => {
      throw endedEarly()
    })
    if (chunk.done) break
    size += chunk.value.byteLength
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw tooLarge(maxBytes)
    }
    chunks.push(chunk.value)
  }
  return Buffer.concat(chunks, size)
}

async function parseForm(bytes: Uint8Array, type: string): Promise<Iterable<[string, unknown]>> {
  try {
    if (mediaType(type) === urlEncoded) {
      return new URLSearchParams(strictUtf8.decode(bytes))
    }
    const body = new Blob([bytes as Uint8Array<ArrayBuffer>])
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch {
    throw malformed('The request body is not a valid form.')
  }
}

function formValues(
  entries: Iterable<[string, unknown]>,
  fields: Readonly<Record<string, FormField>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null)
  for (const [name, value] of entries) {
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!read || value === '') continue
    if (name in values) {
      const message = 'Given more than once.'
      throw new AuthError('validation_failed', invalidBody, { errors: [{ path: name, message }] })
    }
    values[name] = typeof value === 'string' ? read(value) : value
  }
  return values
}

/** The text of every answer to a body that is readable but not right. */
export const invalidBody = 'The request body is not valid.'
