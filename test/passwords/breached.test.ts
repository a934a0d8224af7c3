import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type BreachedPasswordOptions, breachedPasswords } from '../../src/passwords/breached.ts'

const password = 'p\u00e4ssw\u00f6rd-\u2713'
const digest = createHash('sha1').update(password).digest('hex').toUpperCase()
const [prefix, suffix] = [digest.slice(0, 5), digest.slice(5)]
const other = 'F'.repeat(35)

/** A check whose server answers so, and what it was asked. */
function server(body: string | Response, options: BreachedPasswordOptions = {}) {
  const asked: { url: string; init: RequestInit }[] = []
  const check = breachedPasswords({
    fetch: async (url, init) => {
      asked.push({ url, init })
      return body instanceof Response ? body : new Response(body)
    },
    ...options,
  })
  return { asked, isBreached: () => check.isBreached(password) }
}

describe('Breached passwords', () => {
  test('are asked for by five digits of a digest, with padding', async () => {
    const { asked, isBreached } = server(`${other}:1`)
    await isBreached()
    expect(asked).toHaveLength(1)
    expect(asked[0]?.url).toBe(`https://api.pwnedpasswords.com/range/${prefix}`)
    expect(new Headers(asked[0]?.init.headers).get('Add-Padding')).toBe('true')
    expect(JSON.stringify(asked)).not.toContain(suffix)
    expect(asked[0]?.init.body).toBeUndefined()
  })

  test('can be asked for elsewhere', async () => {
    const { asked, isBreached } = server(`${other}:1`, { endpoint: 'http://10.0.0.9:8080/range/' })
    await isBreached()
    expect(asked[0]?.url).toBe(`http://10.0.0.9:8080/range/${prefix}`)
  })

  test.each([
    [`${suffix}:1`, 1, true],
    [`${other}:9\r\n${suffix}:3\r\n`, 1, true],
    [`${other}:9\n${suffix.toLowerCase()}:3`, 1, true],
    [`${suffix}:3`, 3, true],
    [`${suffix}:3`, 4, false],
    [`${other}:9`, 1, false],
    // Padding.
    [`${suffix}:0\r\n${other}:9`, 1, false],
  ])('%j, seen %d times at least: %s', async (body, minCount, breached) => {
    expect(await server(body, { minCount }).isBreached()).toBe(breached)
  })

  test.each([
    ['an error', new Response('busy', { status: 503 }), 'answered with 503'],
    ['nothing', '', 'in another form'],
    ['no body', new Response(null), 'in another form'],
    ['a page of a portal', '<html>Log in to the wireless network</html>', 'in another form'],
    ['half a line', `${other}:9\r\n${suffix}`, 'in another form'],
    ['too much', `${other}:9\r\n`.repeat(8000), 'at length'],
  ])('%s is no answer', async (_, body, message) => {
    await expect(server(body).isBreached()).rejects.toThrow(message)
  })

  test('an answer without end is read no further than needed', async () => {
    let chunks = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks++
        controller.enqueue(new TextEncoder().encode(`${other}:9\r\n`.repeat(100)))
      },
    })
    await expect(server(new Response(endless)).isBreached()).rejects.toThrow('at length')
    expect(chunks).toBeLessThan(100)
  })

  test('a server that does not answer in time is left', async () => {
    const check = breachedPasswords({
      timeoutMs: 10,
      fetch: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        }),
    })
    await expect(check.isBreached(password)).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('a server that cannot be reached is an error', async () => {
    const check = breachedPasswords({ fetch: () => Promise.reject(new TypeError('fetch failed')) })
    await expect(check.isBreached(password)).rejects.toThrow('fetch failed')
  })

  test('what is configured well is no problem', () => {
    expect(breachedPasswords().problems).toEqual([])
    expect(breachedPasswords({ onOutage: 'refuse', minCount: 10 }).problems).toEqual([])
  })

  test.each([
    [{ timeoutMs: 0 }, 'breachedPasswords.timeoutMs'],
    [{ minCount: 0.5 }, 'breachedPasswords.minCount'],
    [{ onOutage: 'ignore' }, 'breachedPasswords.onOutage'],
    [{ endpoint: 'https://example.com/range' }, 'breachedPasswords.endpoint'],
    [{ endpoint: 'file:///range/' }, 'breachedPasswords.endpoint'],
    [{ endpoint: 'https:///' }, 'breachedPasswords.endpoint'],
  ])('%j is a problem', (options, text) => {
    expect(breachedPasswords(options as never).problems).toEqual([expect.stringContaining(text)])
  })
})
