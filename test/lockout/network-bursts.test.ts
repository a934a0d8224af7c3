/**
 * Many attempts of one network at once: a first burst gets no more than the budget, and those who
 * are right are neither refused nor counted because of others that are under way.
 */
import { memoryStorage } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { Verifications } from '../support/verifications.ts'
import { type World, world } from '../support/world.ts'
import { address, guess, guesses } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

const at = (made: World, n = 1) => made.browser({ peer: address(n) })
const once = <Value>(count: number, next: (n: number) => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, (_, n) => next(n)))

describe('A first burst over many names', () => {
  test('gets as many looks as the network has accounts a day', async () => {
    const verifications = new Verifications()
    const made = world({ passwords: { adopt: [verifications.format], maxQueued: 1000 } })
    const statuses = await once(60, (n) => guess(at(made), `name-${n}`))
    expect(verifications.count).toBe(10)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  })

  test('gets few more from four processes', async () => {
    const storage = memoryStorage()
    const verifications = new Verifications()
    const passwords = { adopt: [verifications.format], maxQueued: 1000 }
    const processes = Array.from({ length: 4 }, () => world({ storage, passwords }))
    await once(80, (n) => guess(at(processes[n % 4] as World), `name-${n}`))
    expect(verifications.count).toBeGreaterThanOrEqual(10)
    expect(verifications.count).toBeLessThanOrEqual(14)
  })

  test('of an office gets as many as it has, and not what other offices do', async () => {
    const verifications = new Verifications()
    lateRefusals()
    const made = world({ passwords: { adopt: [verifications.format], maxQueued: 1000 } })
    for (let n = 0; n < 30; n++) {
      const { username, password } = await made.member(`staff${n}`)
      expect(await guess(at(made), username, password)).toBe(200)
    }
    const before = verifications.count
    await once(60, (n) => guess(at(made), `name-${n}`))
    expect(verifications.count - before).toBe(13)
  })
})

describe('Near its budget', () => {
  /** A network with one account left, and people in it. */
  const near = async (count: number) => {
    const made = world({ passwords: { maxQueued: 1000 } })
    const people = []
    for (let n = 0; n < count; n++) people.push(await made.member(`staff${n}`))
    expect(await guesses(9, (n) => guess(at(made), `name-${n}`))).not.toContain(429)
    return { made, people }
  }

  test('twenty people who are right at the same moment all get in', async () => {
    const { made, people } = await near(20)
    const statuses = await Promise.all(
      people.map(({ username, password }) => guess(at(made), username, password)),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('those who are under way do not lock the network when another one fails', async () => {
    const made = world({ passwords: { maxQueued: 1000 } })
    const people = []
    for (let n = 0; n < 4; n++) people.push(await made.member(`staff${n}`))
    await guesses(5, (n) => guess(at(made), `name-${n}`))
    const [failed, ...right] = await Promise.all([
      guess(at(made), 'another name'),
      ...people.map(({ username, password }) => guess(at(made), username, password)),
    ])
    expect([failed, ...right]).toEqual([401, 200, 200, 200, 200])
    expect(made.events.filter(({ name }) => name === 'lockout.tripped')).toEqual([])
  })

  test('an attempt whose process died is not for free, and does not close the network', async () => {
    lateRefusals()
    const memory = memoryStorage()
    let isDying = false
    const storage = new Proxy(memory, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          // What becomes of an attempt is never written.
          if (isDying && name === 'replace' && / f|^f/.test(String(args[1]))) {
            throw new Error('connection lost')
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
    const made = world({ storage })
    const { username, password } = await made.member()
    await guesses(6, (n) => guess(at(made), `name-${n}`))
    isDying = true
    await guesses(4, (n) => guess(at(made), `dying-${n}`))
    isDying = false
    made.clock.advance(61)
    // One is left for who is right, and the network is locked by whoever is wrong.
    expect(await guess(at(made), username, password)).toBe(200)
    expect(await guess(at(made), 'one')).toBe(401)
    expect(await guess(at(made), 'two')).toBe(429)
  })
})
