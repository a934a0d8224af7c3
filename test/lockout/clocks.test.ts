/**
 * A process whose clock was ahead, and is right again: what it wrote holds nobody up until then.
 */
import { describe, expect, test } from 'vitest'
import { world } from '../support/world.ts'
import { address, five, guess, guesses } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

const hours = 3600
const year = 365 * 86_400

/** What a process did whose clock was ahead. */
async function ahead(seconds: number, work: (made: ReturnType<typeof world>) => Promise<unknown>) {
  const made = world()
  const ann = await made.member()
  made.clock.advance(seconds)
  await work(made)
  made.clock.advance(-seconds)
  return { ...made, ann }
}

describe.each([
  ['three hours', 3 * hours],
  ['a year', year],
])('A clock that was ahead by %s', (_, seconds) => {
  test('locks no network at an account for longer than from now', async () => {
    const { browser, clock, ann } = await ahead(seconds, (made) =>
      guesses(5, () => guess(made.browser(), 'ann')),
    )
    expect(await guess(browser(), ann.username)).toBe(401)
    clock.advance(3 * hours)
    expect(await guess(browser(), ann.username, ann.password)).toBe(200)
  })

  test('locks no network at all for longer than from now', async () => {
    lateRefusals()
    const { browser, ann } = await ahead(seconds, (made) =>
      guesses(12, (n) => guess(made.browser(), `name-${n}`)),
    )
    expect(await guess(browser(), ann.username, ann.password)).toBe(200)
    // What was counted still is.
    expect(await guesses(2, (n) => guess(browser(), `other-${n}`))).toEqual([401, 429])
  })

  test('closes an account for the horizon from now, and its look of the hour is due', async () => {
    const { browser, clock, ann } = await ahead(seconds, async (made) => {
      for (let n = 0; n < 102; n++) {
        made.clock.advance(16)
        await guess(made.browser({ peer: address(n % 6) }), 'ann')
      }
      made.clock.advance(-102 * 16)
    })
    expect(await guess(browser(), ann.username, ann.password)).toBe(200)
    expect(await guess(browser(), ann.username)).toBe(429)
    expect(await guess(browser(), ann.username, ann.password)).toBe(429)
    clock.advance(30 * 86_400)
    expect(await guess(browser(), ann.username, ann.password)).toBe(200)
  })

  test('leaves room for those who logged in', async () => {
    lateRefusals()
    const { browser, clock } = await ahead(seconds, async (made) => {
      for (let n = 0; n < 30; n++) {
        const { username, password } = await made.member(`staff${n}`)
        await guess(made.browser(), username, password)
      }
    })
    const statuses = await guesses(20, (n) => guess(browser(), `name-${n}`))
    expect(statuses.filter((status) => status === 401)).toHaveLength(13)
    // And is forgotten in its time, though the network goes on being used.
    clock.advance(10 * 86_400)
    await guess(browser(), 'somebody')
    clock.advance(10 * 86_400)
    const later = await guesses(20, (n) => guess(browser(), `later-${n}`))
    expect(later.filter((status) => status === 401)).toHaveLength(10)
  })
})

test('A clock that counts parts of milliseconds loses nothing', async () => {
  const { browser, clock, member } = world()
  const ann = await member()
  clock.advance(0.000_25)
  expect(await guesses(6, () => guess(browser(), ann.username))).toEqual([...five, 429])
  clock.advance(60)
  expect(await guess(browser(), ann.username, ann.password)).toBe(200)
  expect(await guesses(6, () => guess(browser(), ann.username))).toEqual([...five, 429])
})

test('A clock that is half a minute ahead is as good as another', async () => {
  const { browser } = await ahead(30, (made) => guesses(5, () => guess(made.browser(), 'ann')))
  expect(await guesses(2, () => guess(browser(), 'ann'))).toEqual([429, 429])
  expect(await guesses(5, () => guess(browser(), 'bob'))).toEqual(five)
})
