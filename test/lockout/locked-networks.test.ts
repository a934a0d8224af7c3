/**
 * A network that is locked for failing at too many accounts: whose account lately logged in from
 * there gets in all the same, and nobody there sees which accounts those are.
 */
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { LateRefusals } from '../../src/limits/refusals.ts'
import { Verifications } from '../support/verifications.ts'
import { type World, type WorldConfig, world } from '../support/world.ts'
import { address, guess, guesses, wrong } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

const here = { peer: address(1) }
const day = 86_400

/** Ann has logged in from a network that is then locked by a neighbour; nobody has cookies. */
async function neighbours(config: WorldConfig = {}) {
  const late = lateRefusals()
  const made = world(config)
  const ann = await made.member()
  expect(await guess(made.browser(here), ann.username, ann.password)).toBe(200)
  let name = 0
  /** Sprays names until the network is locked. */
  const spray = async () => {
    for (let n = 0; n < 30; n++) {
      if ((await guess(made.browser(here), `spray-${name++}`)) === 429) return
    }
    throw new Error('the network is not locked')
  }
  await spray()
  /** Logs in, and is not refused at any moment. */
  const isLetIn = async (who: { username: string; password: string } = ann, peer = here) =>
    expect(await late.before(() => guess(made.browser(peer), who.username, who.password))).toBe(200)
  return { ...made, late, ann, spray, isLetIn }
}

describe('In a network that a neighbour has locked', () => {
  test('an owner who logged in there before gets in, at once and without a cookie', async () => {
    const { isLetIn, ann } = await neighbours()
    await isLetIn()
    await isLetIn({ ...ann, username: ann.email })
  })

  test('so does one day after day, while the neighbour sprays names without end', async () => {
    const { clock, spray, isLetIn } = await neighbours()
    for (let date = 0; date < 40; date++) {
      clock.advance(day)
      await spray()
      await isLetIn()
    }
  })

  test('an account that never logged in there is refused, and so is one that did long ago', async () => {
    const { browser, member, clock, spray, ann } = await neighbours()
    const bob = await member('bob')
    expect(await guess(browser(here), bob.username, bob.password)).toBe(429)
    for (let week = 0; week < 5; week++) {
      clock.advance(7 * day)
      // Somebody logs in there each week, so that refusals are late.
      const other = await member(`other-${week}`)
      expect(await guess(browser(here), other.username, other.password)).toBe(200)
      await spray()
    }
    expect(await guess(browser(here), ann.username, ann.password)).toBe(429)
  })

  test('five wrong passwords are looked at in thirty days, and count nowhere else', async () => {
    const verifications = new Verifications()
    const { browser, clock, ann } = await neighbours({
      passwords: { adopt: [verifications.format] },
    })
    const before = verifications.count
    clock.advance(59)
    const refused = await guesses(8, () => guess(browser(here), ann.username))
    expect(new Set(refused)).toEqual(new Set([429]))
    // A refusal leaves whether or not the work behind it has ended.
    await expect.poll(() => verifications.count - before).toBe(5)
    expect(await guess(browser(here), ann.username, ann.password)).toBe(429)
    await guess(browser(), 'somebody')
    expect(verifications.count - before).toBe(6)
    // The lock is over: what was looked at there does not show.
    clock.advance(1)
    expect(await guess(browser(here), ann.username)).toBe(401)
  })

  test('the same wrong password again is not looked at: an old one in a telephone', async () => {
    const verifications = new Verifications()
    const { browser, ann, isLetIn } = await neighbours({
      passwords: { adopt: [verifications.format] },
    })
    const before = verifications.count
    await guesses(20, () => guess(browser(here), ann.username, 'the old one'))
    await expect.poll(() => verifications.count - before).toBe(1)
    await isLetIn()
  })

  test('who logged in there stays so when what was counted is forgotten', async () => {
    const { auth, ann, isLetIn } = await neighbours()
    await auth.unlock(ann.id)
    await isLetIn()
  })

  test('a telephone that is in another network of the site gets in, too', async () => {
    const late = lateRefusals()
    const made = world()
    const ann = await made.member()
    const phone = (n: number) => made.browser({ peer: `2001:db8:1:${n.toString(16)}::1` })
    expect(await guess(phone(1), ann.username, ann.password)).toBe(200)
    const statuses = await guesses(60, (n) => guess(phone(100 + n), `spray-${n}`))
    expect(statuses.at(-1)).toBe(429)
    const login = () => guess(phone(2), ann.username, ann.password)
    expect(await late.before(login)).toBe(200)
    expect(await guess(phone(2), ann.username)).toBe(429)
  })

  test('where nobody logged in lately a refusal does not wait', async () => {
    const late = lateRefusals()
    const { browser } = world()
    late.hold()
    const statuses = await guesses(12, (n) => guess(browser(here), `spray-${n}`))
    expect(statuses.slice(10)).toEqual([429, 429])
  })

  test('a hash that takes longer than the refusal waits lets nobody in, and shows nothing', async () => {
    const gate = Promise.withResolvers<void>()
    let isHeld = false
    const { browser, late, ann } = await neighbours({
      passwords: {
        adopt: [
          {
            name: 'slow',
            recognises: (stored) => stored === '$slow$',
            decoy: () => '$slow$',
            verify: async () => {
              if (isHeld) await gate.promise
              return false
            },
          },
        ],
      },
    })
    late.hold()
    isHeld = true
    const answer = guess(browser(here), ann.username, ann.password)
    await late.waits()
    late.release()
    expect(await answer).toBe(429)
    gate.resolve()
  })
})

/** What a neighbour sees of one attempt, and whether it was answered before its moment. */
async function seen(made: World & { late: ReturnType<typeof lateRefusals> }, name: string) {
  const { late } = made
  late.hold()
  let isAnswered = false
  const answer = made.browser(here).post('/login', { username: name, password: wrong() })
  const answered = answer.then(() => {
    isAnswered = true
  })
  await Promise.race([answered, late.waits()])
  // One hash at a time: once another has been computed, so was this one's, where there was one.
  await guess(made.browser({ peer: address(5000 + counter++) }), `elsewhere-${counter}`)
  const isEarly = isAnswered
  late.release()
  const response = await answer
  return {
    isEarly,
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  }
}

let counter = 0

test('Forty days of a neighbour’s guesses look the same for who lives there, who does not, and nobody', async () => {
  const made = await neighbours({ passwords: { concurrency: 1 } })
  await made.member('bob')
  for (let date = 0; date < 40; date++) {
    made.clock.advance(day)
    // Else nobody would have logged in there for two weeks, and nothing would be looked at.
    if (date % 6 === 0) await made.isLetIn()
    await made.spray()
    for (let n = 0; n < 2; n++) {
      const [ann, bob, nobody] = [
        await seen(made, 'ann'),
        await seen(made, 'bob'),
        await seen(made, 'nobody'),
      ]
      expect(ann).toEqual(nobody)
      expect(bob).toEqual(nobody)
      expect(ann).toMatchObject({ status: 429, isEarly: false })
    }
  }
})

test('Refusals that wait are bounded: those beyond a thousand leave at once', async () => {
  const gate = Promise.withResolvers<void>()
  const late = new LateRefusals(() => gate.promise)
  const refusal = new AuthError('login_locked', 'Too many.')
  const waiting = Array.from({ length: 1000 }, () => late.begin(refusal).refuse())
  expect(() => late.begin(refusal)).toThrow(refusal)
  gate.resolve()
  const ends = await Promise.allSettled(waiting)
  expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(() => late.begin(refusal)).not.toThrow()
})
