/**
 * The way to a server: bounded in time and in number, whatever the server does.
 */
import { expect, test } from 'vitest'
import { type GivenUp, WaitingLine } from '../src/waiting-line.ts'

class Failure extends Error {
  readonly given: GivenUp
  constructor(given: GivenUp) {
    super(given.message)
    this.given = given
  }
}

const isOutage = (error: unknown) => error instanceof RangeError
/** A line that gives up by a `Failure`. */
const lineOf = (limits: ConstructorParameters<typeof WaitingLine>[0]) =>
  new WaitingLine(limits, (given) => new Failure(given), isOutage)

const never = () => new Promise<never>(() => undefined)
const givenUp = async (run: () => unknown) => {
  try {
    await run()
    return 'answered'
  } catch (error) {
    return (error as Failure).given
  }
}

test('What waits for its turn and is given up was not sent, and never will be', async () => {
  const line = lineOf({ timeoutMs: 30, atOnce: 1 })
  const answer = Promise.withResolvers<void>()
  let sent = 0
  const work = () => {
    sent++
    return answer.promise
  }
  const both = await Promise.all([givenUp(() => line.run(work)), givenUp(() => line.run(work))])
  expect(both).toMatchObject([
    { reason: 'late', wasSent: true },
    { reason: 'late', wasSent: false },
  ])
  answer.resolve()
  await expect.poll(() => givenUp(() => line.run(async () => undefined))).toBe('answered')
  expect(sent).toBe(1)
})

test('What nobody wants any more when its turn comes is not sent', async () => {
  const line = lineOf({ timeoutMs: 500, atOnce: 1 })
  const answer = Promise.withResolvers<void>()
  const first = line.run(() => answer.promise)
  let sent = false
  const unwanted = line.run(
    async () => {
      sent = true
    },
    () => false,
  )
  answer.resolve()
  await first
  expect(await givenUp(() => unwanted)).toMatchObject({ reason: 'late' })
  expect(sent).toBe(false)
})

test('A silent server is asked again from time to time, and an error of its own is an answer', async () => {
  const line = lineOf({ timeoutMs: 20, atOnce: 5 })
  expect(await givenUp(() => line.run(never))).toMatchObject({ reason: 'late' })
  const asked = await Promise.all(Array.from({ length: 50 }, () => givenUp(() => line.run(never))))
  const reasons = asked.map((given) => (given as GivenUp).reason)
  expect(reasons.filter((reason) => reason === 'late')).toHaveLength(1)
  expect(reasons.filter((reason) => reason === 'silent')).toHaveLength(49)
  const failing = (error: Error) => async () => {
    try {
      return await line.run(() => Promise.reject(error))
    } catch (thrown) {
      return thrown
    }
  }
  await expect.poll(failing(new RangeError('no connection'))).toBeInstanceOf(RangeError)
  expect(await givenUp(() => line.run(never))).toMatchObject({ reason: 'silent' })
  await expect.poll(failing(new TypeError('a duplicate'))).toBeInstanceOf(TypeError)
  expect(await givenUp(() => line.run(async () => 1))).toBe('answered')
})

test('An operation of which nothing is ever heard gives its place back in the end', async () => {
  const limits = { timeoutMs: 20, atOnce: 1, forgottenAfterMs: 60 }
  const line = lineOf(limits)
  await line.run(async () => undefined)
  const lost = givenUp(() => line.run(never))
  expect(await lost).toMatchObject({ reason: 'late' })
  const once = () => givenUp(() => line.run(async () => undefined))
  // The second one does not ask again, but has its turn.
  const twice = async () => [await once(), await once()]
  await expect.poll(twice).toEqual(['answered', 'answered'])
})

test('What is answered at once is given at once, and its error by a promise', async () => {
  const line = lineOf({ timeoutMs: 500, atOnce: 1 })
  expect(line.run(() => 1)).toBe(1)
  const failing = () => {
    throw new RangeError('no connection')
  }
  const asError = (error: unknown) => new Error('unavailable', { cause: error })
  await expect(line.run(failing, undefined, asError)).rejects.toThrow('unavailable')
  // It takes no place, however often.
  expect(line.run(() => 2)).toBe(2)
})

test('A silent server that answers at once is silent no longer', async () => {
  const line = lineOf({ timeoutMs: 20, atOnce: 5 })
  expect(await givenUp(() => line.run(never))).toMatchObject({ reason: 'late' })
  // One asks again; had it not been heard, the next one would be refused.
  await expect.poll(() => givenUp(() => line.run(() => 1))).toBe('answered')
  expect(await givenUp(() => line.run(() => 2))).toBe('answered')
})

test('What would be answered at once has its turn behind what waits', async () => {
  const line = lineOf({ timeoutMs: 500, atOnce: 1 })
  const answer = Promise.withResolvers<void>()
  const first = line.run(() => answer.promise)
  const order: string[] = []
  const second = line.run(async () => order.push('later'))
  const third = line.run(() => order.push('at once'))
  expect(order).toEqual([])
  answer.resolve()
  await Promise.all([first, second, third])
  expect(order).toEqual(['later', 'at once'])
})

test('A queue has an end', async () => {
  const line = lineOf({ timeoutMs: 500, atOnce: 1 })
  const answer = Promise.withResolvers<void>()
  const all = Array.from({ length: 10_001 }, () => line.run(() => answer.promise))
  expect(await givenUp(() => line.run(never))).toMatchObject({
    reason: 'overloaded',
    wasSent: false,
  })
  answer.resolve()
  await Promise.all(all)
})
