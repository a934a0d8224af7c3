import { expect, test } from 'vitest'
import { world } from '../support/world.ts'
import { address, guess } from './guesses.ts'

/**
 * Every check of a password computes a hash of another system's as well: it lasts as long as told.
 */
function slowFormat() {
  const releases: (() => void)[] = []
  let isHeld = false
  return {
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      for (const release of releases.splice(0)) release()
    },
    format: {
      name: 'slow',
      recognises: (stored: string) => stored.startsWith('slow:'),
      verify: async () => {
        if (isHeld) await new Promise<void>((resolve) => releases.push(resolve))
        return false
      },
      decoy: () => 'slow:nobody',
    },
    started: () => releases.length,
  }
}

test('what the queue has no place for is refused before anything is looked up', async () => {
  const slow = slowFormat()
  const made = world({ passwords: { concurrency: 1, maxQueued: 1, adopt: [slow.format] } })
  const ann = await made.member()
  const own = made.browser({ peer: address(1) })
  await guess(own, ann.username, ann.password)
  const spent = () => made.queries.count + Object.values(made.calls).reduce((sum, n) => sum + n, 0)
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  }

  slow.hold()
  const running = guess(made.browser({ peer: address(2) }), ann.username)
  await until(() => slow.started() === 1)
  const costs = spent()
  const waiting = guess(made.browser({ peer: address(3) }), ann.username)
  await until(() => spent() > costs)
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))

  const before = spent()
  for (let n = 0; n < 6; n++) {
    const stranger = made.browser({ peer: address(10 + n) })
    expect(await guess(stranger, n % 2 ? ann.username : 'nobody', ann.password)).toBe(503)
  }
  expect(spent()).toBe(before)

  // Who may be known is looked up, and has a place where strangers have none.
  const owner = guess(own, ann.username, ann.password)
  await until(() => spent() > before)
  slow.release()
  expect(await Promise.all([running, waiting, owner])).toEqual([401, 401, 200])
})
