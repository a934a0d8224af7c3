/**
 * What a login costs the storage and the database, counted. Each operation is one that the lockout,
 * the known device or the session needs.
 */
import { expect, test } from 'vitest'
import { world } from '../support/world.ts'
import { address, guess, wrong } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

test('storage operations and queries of a login and of a registration', async () => {
  const made = world()
  const ann = await made.member()
  const cost = async (attempt: () => Promise<number>) => {
    const before = { ...made.calls }
    const queries = made.queries.count
    const status = await attempt()
    const calls = Object.entries(made.calls).flatMap(([call, count]) => {
      const more = count - (before[call] ?? 0)
      return more > 0 ? [[call, more]] : []
    })
    return { status, ...Object.fromEntries(calls), queries: made.queries.count - queries }
  }
  const right = (peer: string) => () => guess(made.browser({ peer }), ann.username, ann.password)
  const own = made.browser({ peer: address(1) })

  await right('2001:db8::1')()

  const table = {
    'wrong password': await cost(() => guess(made.browser({ peer: address(2) }), ann.username)),
    'the next one': await cost(() => guess(made.browser({ peer: address(2) }), ann.username)),
    'unknown name': await cost(() => guess(made.browser({ peer: address(2) }), 'nobody')),
    'first login from a network': await cost(() => guess(own, ann.username, ann.password)),
    'a stranger’s next login there': await cost(right(address(1))),
    'the same over IPv6': await cost(right('2001:db8::1')),
    'a known device': await cost(async () => {
      await own.post('/logout')
      return guess(own, ann.username, ann.password)
    }),
    'a known device, wrong': await cost(() => guess(own, ann.username, wrong())),
    registration: await cost(async () => {
      const body = { email: 'bob@example.com', username: 'bob', password: 'correct horse battery' }
      return (await made.browser({ peer: address(3) }).post('/register', body)).status
    }),
    'registration of a name that is taken': await cost(async () => {
      const body = { email: 'eve@example.com', username: 'bob', password: 'correct horse battery' }
      return (await made.browser({ peer: address(3) }).post('/register', body)).status
    }),
  }
  expect(table).toMatchInlineSnapshot(`
    {
      "a known device": {
        "add": 1,
        "delete": 1,
        "get": 3,
        "indexAdd": 1,
        "indexBeyond": 1,
        "indexRemove": 1,
        "queries": 3,
        "replace": 2,
        "set": 1,
        "status": 200,
      },
      "a known device, wrong": {
        "get": 2,
        "queries": 1,
        "replace": 2,
        "status": 401,
      },
      "a stranger’s next login there": {
        "get": 3,
        "indexAdd": 1,
        "indexBeyond": 1,
        "queries": 2,
        "replace": 3,
        "set": 1,
        "status": 200,
      },
      "first login from a network": {
        "add": 1,
        "get": 3,
        "indexAdd": 1,
        "indexBeyond": 1,
        "queries": 2,
        "replace": 3,
        "set": 1,
        "status": 200,
      },
      "registration": {
        "delete": 1,
        "get": 2,
        "queries": 3,
        "set": 1,
        "status": 200,
      },
      "registration of a name that is taken": {
        "queries": 1,
        "status": 422,
      },
      "the next one": {
        "get": 2,
        "queries": 1,
        "replace": 2,
        "status": 401,
      },
      "the same over IPv6": {
        "get": 4,
        "indexAdd": 1,
        "indexBeyond": 1,
        "queries": 2,
        "replace": 3,
        "set": 1,
        "status": 200,
      },
      "unknown name": {
        "add": 1,
        "get": 2,
        "queries": 1,
        "replace": 2,
        "status": 401,
      },
      "wrong password": {
        "add": 1,
        "get": 2,
        "queries": 1,
        "replace": 2,
        "status": 401,
      },
    }
  `)
})

test('what an attempt costs in a locked network: one write more where it is looked at', async () => {
  lateRefusals()
  const made = world()
  const ann = await made.member()
  const here = () => made.browser({ peer: address(1) })
  await guess(here(), ann.username, ann.password)
  for (let n = 0; n < 12; n++) await guess(here(), `spray-${n}`)
  const cost = async (name: string) => {
    const before = { ...made.calls }
    const queries = made.queries.count
    expect(await guess(here(), name)).toBe(429)
    const { get, replace } = made.calls
    return {
      read: (get ?? 0) - (before['get'] ?? 0),
      written: (replace ?? 0) - (before['replace'] ?? 0),
      queries: made.queries.count - queries,
    }
  }
  expect(await cost(ann.username)).toEqual({ read: 2, written: 1, queries: 1 })
  expect(await cost('nobody')).toEqual({ read: 2, written: 0, queries: 1 })
})
