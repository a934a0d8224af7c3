/**
 * A copied session cookie is noticed, where it is used from another network with another browser.
 */
import { memoryStorage } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { world } from './support/world.ts'

const chrome = (version: number) =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const here = '203.0.113.7'
const there = '198.51.100.9'

async function copied(storage = memoryStorage()) {
  const made = world({ storage })
  const ann = await made.member()
  const client = await made.loggedIn(ann, { peer: here, userAgent: chrome(140) })
  const use = async (peer: string | undefined, userAgent: string) => {
    const thief = made.browser({ peer, userAgent })
    const headers = { cookie: `__Host-session_id=${client.sessionId}` }
    return (await thief.get('/me', { headers })).status
  }
  const told = () => made.events.filter(({ name }) => name === 'session.elsewhere')
  return { ...made, ann, client, use, told }
}

describe('A session that is used elsewhere', () => {
  test('is an event, once for each place', async () => {
    const { use, told, ann, auth } = await copied()
    const [listed] = await auth.sessions.list(ann.id)
    for (let n = 0; n < 3; n++) expect(await use(there, firefox)).toBe(200)
    const event = { name: 'session.elsewhere', userId: ann.id, login: listed?.login }
    expect(told()).toEqual([{ ...event, address: there }])
    await use('192.0.2.1', firefox)
    await use(there, firefox)
    expect(told()).toHaveLength(2)
  })

  test.each([
    ['another network alone', there, chrome(140)],
    ['another browser alone', here, firefox],
    ['another network, and a browser that was updated', there, chrome(141)],
    ['an address that is unknown', undefined, firefox],
  ])('is none by %s', async (_, peer, userAgent) => {
    const { use, told } = await copied()
    expect(await use(peer, userAgent)).toBe(200)
    expect(told()).toEqual([])
  })

  test('is told once, however many requests come from there at once', async () => {
    const { use, told } = await copied()
    await Promise.all(Array.from({ length: 20 }, () => use(there, firefox)))
    expect(told()).toHaveLength(1)
  })

  test('is told of eight places at most', async () => {
    const { use, told } = await copied()
    for (let n = 0; n < 20; n++) await use(`198.51.100.${n}`, firefox)
    expect(told()).toHaveLength(8)
  })

  test('costs a check nothing once it was told', async () => {
    const { use, client, calls } = await copied()
    await use(there, firefox)
    for (const name of Object.keys(calls)) delete calls[name]
    await use(there, firefox)
    await client.get('/me')
    expect(calls).toEqual({ get: 2 })
  })

  test('is admitted all the same, also when it cannot be noted', async () => {
    const storage = memoryStorage()
    const { use, told } = await copied(storage)
    storage.replace = async () => {
      throw new Error('connection lost')
    }
    expect(await use(there, firefox)).toBe(200)
    expect(told()).toEqual([])
  })
})
