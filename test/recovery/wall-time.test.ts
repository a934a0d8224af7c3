/**
 * The clock tells nobody who has an account: answers for taken and free, known and unknown, are
 * taken in turns, and compared by their order and their medians. What would be seen if a protection
 * were gone (a password hash, a delivery) is measured in the same run, so that no machine is too
 * slow for it.
 */
import { recovery } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { frontendUrl, recoveryWorld } from '../support/recovery.ts'
import { type WorldConfig, world } from '../support/world.ts'

const rounds = 30

/** How long it takes, in milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/**
 * How often one of the first took longer than one of the second (Mann-Whitney): a half is chance.
 */
function orderOf(first: readonly number[], second: readonly number[]): number {
  const wins = first.map((one) => second.filter((other) => one > other).length)
  return wins.reduce((sum, won) => sum + won, 0) / (first.length * second.length)
}

/**
 * Whether somebody with a clock would tell them apart: one is nearly always the longer one, and by
 * a good part of what a protection hides. Chance does the first one time in a billion.
 */
function isTold(first: readonly number[], second: readonly number[], hidden: number): boolean {
  const order = Math.abs(orderOf(first, second) - 0.5)
  return order > 0.4 && Math.abs(median(first) - median(second)) > hidden / 3
}

describe('The clock does not tell', { timeout: 120_000 }, () => {
  test('whether an address or a name is taken, at /register', async () => {
    const features = [recovery({ channels: [{ name: 'none', deliver: () => {} }], frontendUrl })]
    const config = { features, passwords: { cost: 9 } } as unknown as WorldConfig
    const { browser, auth } = world(config)
    const password = 'correct horse battery'
    const register = (body: object) => () => browser().post('/register', { password, ...body })
    const of = (name: string) => ({ email: `${name}@example.com`, username: name })
    await register(of('ann'))()
    const times: Record<'free' | 'address' | 'name' | 'hash', number[]> = {
      free: [],
      address: [],
      name: [],
      hash: [],
    }
    for (let round = 0; round < rounds; round++) {
      const bodies = {
        free: of(`free${round}`),
        address: { ...of(`new${round}`), email: 'ann@example.com' },
        name: { ...of(`new${round}`), username: 'ann' },
      }
      for (const [kind, body] of Object.entries(bodies)) {
        times[kind as keyof typeof bodies].push(await timed(register(body)))
        await auth.settled()
      }
      // A login of nobody costs one hash, and little else.
      const nobody = { username: `nobody${round}`, password }
      const client = browser({ peer: `192.0.2.${round}` })
      times.hash.push(await timed(() => client.post('/login', nobody)))
    }
    const hash = median(times.hash)
    expect(isTold(times.free, times.address, hash)).toBe(false)
    expect(isTold(times.free, times.name, hash)).toBe(false)
  })

  test.each(['verify', 'reset', 'unlock', 'sign-in'] as const)(
    'whether there is an account, when a message to %s is asked for',
    async (kind) => {
      const deliveryMs = 20
      const slow = {
        name: 'slow',
        deliver: () => new Promise<void>((resolve) => setTimeout(resolve, deliveryMs)),
      }
      const limits = { strangers: { times: 1000, seconds: 3600 } }
      const made = recoveryWorld({ signIn: true, channels: [slow], limits })
      const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
      for (let round = 0; round < rounds; round++) {
        // A new account for each: a second message in a row is not sent.
        await made.member(`known${round}`)
        for (const who of ['known', 'unknown'] as const) {
          const email = `${who}${round}@example.com`
          const client = made.browser({ peer: `192.0.2.${round}` })
          const ask = () => client.post(`/recovery/${kind}-request`, { email })
          times[who].push(await timed(ask))
          await made.auth.settled()
        }
      }
      const sent = made.told('message.delivered')
      expect(sent).toHaveLength(rounds)
      expect(isTold(times.known, times.unknown, deliveryMs)).toBe(false)
    },
  )
})
