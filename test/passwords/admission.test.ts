import { getEventListeners } from 'node:events'
import { AuthError } from 'crudauth'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Admit, admission } from '../../src/passwords/admission.ts'

/** Work that ends when it is told to. */
function held() {
  const releases: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => releases.push(resolve))
  return { work, releases }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('Admission', () => {
  const options = { concurrency: 2, maxQueued: 3, clock: () => 0 }

  test('runs no more at once than it may, in the order in which they came', async () => {
    const admit = admission(options)
    const { work, releases } = held()
    const started: number[] = []
    const all = [0, 1, 2, 3, 4].map((n) =>
      admit(() => {
        started.push(n)
        return work()
      }),
    )
    await settle()
    expect(started).toEqual([0, 1])
    for (let n = 0; n < 5; n++) {
      releases[n]?.()
      await settle()
      expect(started).toHaveLength(Math.min(5, n + 3))
    }
    await Promise.all(all)
    expect(started).toEqual([0, 1, 2, 3, 4])
  })

  test('those who are known go first, and strangers cannot fill their places', async () => {
    const admit = admission({ ...options, concurrency: 1 })
    const { work, releases } = held()
    const started: string[] = []
    const come = (name: string, isKnown: boolean) =>
      admit(
        () => {
          started.push(name)
          return work()
        },
        { isKnown },
      ).catch(({ code }: AuthError) => started.push(`${name}: ${code}`))
    const all = [come('first', false)]
    for (const name of ['a', 'b', 'c', 'd']) all.push(come(name, false))
    for (const name of ['ann', 'bob', 'cyd', 'dot']) all.push(come(name, true))
    await settle()
    expect(started).toEqual(['first', 'd: overloaded', 'dot: overloaded'])
    for (let n = 0; n < 7; n++) {
      releases[n]?.()
      await settle()
    }
    await Promise.all(all)
    expect(started.slice(3)).toEqual(['ann', 'bob', 'cyd', 'a', 'b', 'c'])
  })

  test('a place that is free again goes to who waits, not to who comes at that moment', async () => {
    const admit = admission({ ...options, concurrency: 1 })
    const { work, releases } = held()
    const started: string[] = []
    const as = (name: string) => () => {
      started.push(name)
      return work()
    }
    const running = admit(as('first'))
    const waiting = admit(as('waiting'))
    await settle()
    const coming = running.then(() => admit(as('coming')))
    for (let n = 0; n < 3; n++) {
      releases[n]?.()
      await settle()
    }
    await Promise.all([waiting, coming])
    expect(started).toEqual(['first', 'waiting', 'coming'])
  })

  test('passes on what the work returns', async () => {
    await expect(admission(options)(async () => 'yes')).resolves.toBe('yes')
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no')
      },
    ],
  ])('work that %s makes room all the same', async (_, work: () => Promise<never>) => {
    const admit = admission({ ...options, concurrency: 1 })
    const failing = await Promise.allSettled([0, 1, 2].map(() => admit(work)))
    expect(failing).toEqual([0, 1, 2].map(() => ({ status: 'rejected', reason: new Error('no') })))
    await expect(admit(async () => 'yes')).resolves.toBe('yes')
  })

  describe('with a full queue', () => {
    test('refuses with 503 and Retry-After, until there is room again', async () => {
      const admit = admission(options)
      const { work, releases } = held()
      const admitted = [0, 1, 2, 3, 4].map(() => admit(work))
      const error = await admit(work).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(AuthError)
      expect(error).toMatchObject({ status: 503, code: 'overloaded' })
      await settle()
      expect(releases).toHaveLength(2)
      for (let n = 0; n < 5; n++) {
        releases[n]?.()
        await settle()
      }
      await Promise.all(admitted)
      const again = admit(work)
      await settle()
      releases[5]?.()
      await again
    })

    test('refuses whoever would wait too long, as long as works take at that moment', async () => {
      let now = 0
      const admit = admission({
        concurrency: 2,
        maxQueued: 1000,
        maxWaitMs: 3000,
        clock: () => now,
      })
      /** How many are admitted, with nobody waiting before, where a work takes so long. */
      const room = async (milliseconds: number) => {
        for (let n = 0; n < 200; n++) {
          await admit(async () => {
            now += milliseconds
          })
        }
        const { work, releases } = held()
        const coming = Array.from({ length: 100 }, () => admit(work).then(() => 'done'))
        const settled = coming.map((one) => one.catch(({ code }: AuthError) => code))
        for (let n = 0; n < 100; n++) {
          await settle()
          releases[n]?.()
        }
        const ends = await Promise.all(settled)
        expect(ends.filter((end) => end !== 'done' && end !== 'overloaded')).toEqual([])
        return ends.filter((end) => end === 'done').length
      }
      // Two run, and the others have their turn within three seconds.
      expect(await room(98)).toBe(2 + 61)
      expect(await room(490)).toBe(2 + 12)
      // However long it takes, one waits for each that runs.
      expect(await room(10_000)).toBe(2 + 2)
    })

    test('without a queue, refuses whatever cannot start at once', async () => {
      const admit = admission({ ...options, concurrency: 1, maxQueued: 0 })
      const { work, releases } = held()
      const running = admit(work)
      await expect(admit(work)).rejects.toMatchObject({ code: 'overloaded' })
      await settle()
      releases[0]?.()
      await running
    })

    /** The seconds to wait when `queued` wait, after many works that took so many milliseconds. */
    async function retryAfter(milliseconds: number, concurrency: number, queued: number) {
      let now = 0
      const admit: Admit = admission({ concurrency, maxQueued: queued, clock: () => now })
      for (let n = 0; n < 200; n++) {
        await admit(async () => {
          now += milliseconds
        })
      }
      for (let n = 0; n < concurrency + queued; n++) void admit(() => new Promise<never>(() => {}))
      const error = await admit(async () => 'refused').catch((thrown: unknown) => thrown)
      return (error as AuthError).headers['Retry-After']
    }

    test.each([
      // milliseconds each, at once, waiting, seconds
      [250, 1, 39, '10'],
      [250, 2, 39, '5'],
      [500, 1, 39, '20'],
      [300, 1, 3, '2'],
      [1, 3, 4, '1'],
      [0, 1, 64, '1'],
      [4000, 1, 64, '30'],
    ])(
      'at %d ms each, %d at once, %d waiting, it says %s s',
      async (each, atOnce, queued, seconds) => {
        expect(await retryAfter(each, atOnce, queued)).toBe(seconds)
      },
    )
  })

  test('one network fills half of the queue, and others still get in', async () => {
    const admit = admission({ concurrency: 1, maxQueued: 4, clock: () => 0 })
    const { work, releases } = held()
    const flood = Array.from({ length: 6 }, () =>
      admit(work, { network: '192.0.2.1' }).catch((error: AuthError) => error.code),
    )
    const [other, unknown] = [admit(work, { network: '192.0.2.2' }), admit(work)]
    for (let n = 0; n < 5; n++) {
      await settle()
      releases[n]?.()
    }
    expect(await Promise.all(flood)).toEqual([
      ...Array(3).fill(undefined),
      ...Array(3).fill('overloaded'),
    ])
    expect(await Promise.all([other, unknown])).toEqual([undefined, undefined])
  })

  describe('with works that take longer than the last ones did', () => {
    beforeEach(() => {
      vi.useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
      })
    })
    afterEach(() => {
      vi.useRealTimers()
    })
    const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

    /** Ends of those who come, by name, in the order in which they end. */
    function queueOf(concurrency = 1) {
      const admit = admission({ concurrency, maxQueued: 100, maxWaitMs: 3000 })
      const { work, releases } = held()
      const ends: string[] = []
      const come = (name: string, caller: Parameters<Admit>[1] = {}) => {
        admit(work, caller).then(
          () => ends.push(name),
          ({ code, headers }: AuthError) =>
            ends.push(`${name} ${code} ${headers['Retry-After'] ?? ''}`.trim()),
        )
      }
      return { come, ends, releases }
    }

    test('who has waited for as long as anybody may is refused with Retry-After', async () => {
      const { come, ends, releases } = queueOf()
      come('running')
      come('waiting')
      await pass(2000)
      come('later')
      await pass(999)
      expect(ends).toEqual([])
      await pass(2)
      expect(ends).toEqual(['waiting overloaded 3'])
      await pass(2000)
      expect(ends).toEqual(['waiting overloaded 3', 'later overloaded 3'])
      releases[0]?.()
      await pass(0)
      expect(ends.at(-1)).toBe('running')
      // What was given up is not run.
      expect(releases).toHaveLength(1)
    })

    test('what the first work of a thread takes, which starts it, is not taken for what all take', async () => {
      const { come, ends, releases } = queueOf()
      const end = async (n: number) => {
        releases[n]?.()
        await pass(0)
      }
      come('cold')
      await pass(2900)
      await end(0)
      come('warm')
      await pass(10)
      await end(1)
      for (let n = 0; n < 60; n++) come(`${n}`)
      await pass(0)
      expect(ends).toEqual(['cold', 'warm'])
    })

    test('a work that has begun is finished, however long its caller has waited', async () => {
      const { come, ends, releases } = queueOf()
      come('first')
      come('second')
      await pass(2999)
      releases[0]?.()
      await pass(60_000)
      expect(ends).toEqual(['first'])
      releases[1]?.()
      await pass(0)
      expect(ends).toEqual(['first', 'second'])
    })

    test('who is refused frees the place, and is listened to no more', async () => {
      const { come, ends, releases } = queueOf()
      const leaving = new AbortController()
      come('running')
      come('waiting', { signal: leaving.signal })
      await pass(3001)
      expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0)
      come('next')
      releases[0]?.()
      await pass(0)
      releases[1]?.()
      await pass(0)
      expect(ends).toEqual(['waiting overloaded 3', 'running', 'next'])
    })

    test('known ones are bound by the same time, and go first until then', async () => {
      const { come, ends, releases } = queueOf()
      come('running')
      for (const name of ['s1', 's2']) come(name)
      await pass(1000)
      come('k', { isKnown: true })
      releases[0]?.()
      await pass(1500)
      expect(ends).toEqual(['running'])
      releases[1]?.()
      await pass(501)
      expect(ends).toEqual(['running', 'k', 's2 overloaded 3'])
    })

    test('one timer serves all that wait, and none is left when nobody does', async () => {
      const { come, releases } = queueOf()
      for (let n = 0; n < 13; n++) come(String(n))
      await pass(0)
      expect(vi.getTimerCount()).toBe(1)
      for (let n = 0; n < 13; n++) {
        releases[n]?.()
        await pass(0)
      }
      await pass(3001)
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  describe('those who are known', () => {
    test('go first, but every fourth turn is a stranger’s', async () => {
      const admit = admission({ concurrency: 1, maxQueued: 10, clock: () => 0 })
      const { work, releases } = held()
      const started: string[] = []
      const as = (name: string, isKnown: boolean) =>
        admit(
          () => {
            started.push(name)
            return work()
          },
          { isKnown },
        )
      const all = [as('first', false), as('s', false), as('s', false)]
      for (let n = 0; n < 8; n++) all.push(as('k', true))
      for (let n = 0; n < all.length; n++) {
        await settle()
        releases[n]?.()
      }
      await Promise.all(all)
      expect(started.join(' ')).toBe('first k k k s k k k s k k')
    })

    test('of one network fill half of their places, and none of the strangers’', async () => {
      const admit = admission({ concurrency: 1, maxQueued: 4, clock: () => 0 })
      const { work, releases } = held()
      const from = (network: string, isKnown: boolean) =>
        admit(work, { network, isKnown }).catch((error: AuthError) => error.code)
      const flood = Array.from({ length: 9 }, () => from('192.0.2.1', true))
      const others = [from('192.0.2.2', true), from('192.0.2.1', false), from('192.0.2.1', false)]
      for (let n = 0; n < 6; n++) {
        await settle()
        releases[n]?.()
      }
      expect(await Promise.all(flood)).toEqual([
        ...Array(3).fill(undefined),
        ...Array(6).fill('overloaded'),
      ])
      expect(await Promise.all(others)).toEqual([undefined, undefined, undefined])
    })
  })

  describe('who leaves', () => {
    test('while waiting is not run, and frees the place', async () => {
      const admit = admission({ ...options, concurrency: 1, maxQueued: 1 })
      const { work, releases } = held()
      const running = admit(work)
      const leaving = new AbortController()
      const left = admit(work, { signal: leaving.signal }).catch((error: unknown) => error)
      leaving.abort(new Error('gone'))
      expect(await left).toMatchObject({ code: 'connection_lost', cause: new Error('gone') })
      const next = admit(work)
      releases[0]?.()
      await running
      await settle()
      expect(releases).toHaveLength(2)
      releases[1]?.()
      await next
    })

    test('before coming is not run, even where there is room', async () => {
      const admit = admission(options)
      const { work, releases } = held()
      await expect(admit(work, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'connection_lost',
      })
      expect(releases).toHaveLength(0)
    })

    test('while the work runs keeps the place until it ends', async () => {
      const admit = admission({ ...options, concurrency: 1 })
      const { work, releases } = held()
      const leaving = new AbortController()
      const running = admit(work, { signal: leaving.signal })
      const waiting = admit(work)
      await settle()
      leaving.abort()
      await settle()
      expect(releases).toHaveLength(1)
      releases[0]?.()
      await running
      await settle()
      releases[1]?.()
      await waiting
    })

    test('after having waited and started changes nothing, and is listened to no more', async () => {
      const admit = admission({ ...options, concurrency: 1 })
      const { work, releases } = held()
      const running = admit(work)
      const leaving = new AbortController()
      const waited = admit(work, { signal: leaving.signal })
      await settle()
      expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1)
      releases[0]?.()
      await running
      await settle()
      expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0)
      leaving.abort(new Error('too late'))
      releases[1]?.()
      await expect(waited).resolves.toBeUndefined()
    })
  })
})
