import { developmentInbox } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { recoveryWorld } from '../support/recovery.ts'

function local() {
  const printed: string[] = []
  const inbox = developmentInbox({ print: (text) => printed.push(text) })
  const made = recoveryWorld({ channels: [inbox], frontendUrl: 'http://localhost:3000' })
  const here = (options: object = {}) =>
    made.browser({ peer: '127.0.0.1', origin: 'http://localhost:3000', ...options })
  return { ...made, printed, here, path: inbox.path }
}

describe('The page of the development inbox', () => {
  test('shows messages with their links, newest first, and runs nothing', async () => {
    const { member, ask, here, path } = local()
    const empty = await (await here().get(path)).text()
    expect(empty).toContain('Nothing yet')
    await member()
    await ask(here(), 'verify')
    await ask(here(), 'reset')
    const response = await here().get(path)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('cache-control')).toBe('no-store')
    const page = await response.text()
    expect(page.indexOf('reset_password')).toBeLessThan(page.indexOf('verify_email'))
    expect(page).toMatch(/<a href="http:\/\/localhost:3000\/reset-password#token=[\w-]{43}">/)
    expect(page).not.toContain('<script')
  })

  test('is there for browsers on this machine, by whichever of its names', async () => {
    const { here, path } = local()
    for (const options of [
      {},
      { peer: '::1', origin: 'http://[::1]:3000' },
      { peer: '127.0.0.1', origin: 'http://127.0.0.1:3000' },
    ]) {
      expect((await here(options).get(path)).status).toBe(200)
    }
  })

  test('is not there for anybody else', async () => {
    const { here, path } = local()
    const others = [
      here({ peer: '192.0.2.7' }),
      here({ peer: undefined }),
      // A name of somebody else's that leads here (DNS rebinding).
      here({ origin: 'http://evil.example:3000' }),
      here({ origin: 'http://localhost.evil.example:3000' }),
    ]
    for (const other of others) {
      expect((await other.get(path)).status).toBe(404)
    }
    for (const name of ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'x-real-ip', 'via']) {
      const headers = { [name]: '127.0.0.1' }
      expect((await here().get(path, { headers })).status, name).toBe(404)
    }
    const headers = { host: 'evil.example' }
    expect((await here().get(path, { headers })).status).toBe(404)
  })

  // Behind a reverse proxy on the same machine every peer is this machine, and a plain one says
  // nothing of itself.
  test('is not there without the key that was printed', async () => {
    const { here, path, member, ask } = local()
    await member()
    await ask(here(), 'reset')
    expect(path).toMatch(/^\/development-inbox\?key=[\w-]{22}$/)
    expect(local().path).not.toBe(path)
    const others = ['', '?key=', '?key=x', `?key=${'A'.repeat(22)}`]
    for (const query of others) {
      const response = await here().get(`/development-inbox${query}`)
      expect(response.status, query).toBe(404)
      expect(await response.text()).not.toContain('token')
    }
    expect((await here().get(path)).status).toBe(200)
  })

  test('is announced when everything starts', () => {
    const { events } = local()
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'warning', code: 'development_inbox' }),
    )
  })

  test('is not there without the channel', async () => {
    const { browser } = recoveryWorld()
    const client = browser({ peer: '127.0.0.1', origin: 'http://localhost:3000' })
    expect((await client.get('/development-inbox')).status).toBe(404)
  })
})
