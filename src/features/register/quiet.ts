/**
 * Registration that tells nobody whether a name is taken.
 *
 * Where there is a way to reach people, the answer is the same for a new account and for a name
 * that somebody has, in whichever field, after the same work: the same look-ups, one password hash,
 * one insert, which is undone where the name is taken. What differs goes by message, to who reads
 * the address. The account is there with the answer, so that whoever logs in next gets in.
 */
import type { House, NewcomerPort } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { UniqueViolation } from '../../users/store.ts'
import { registrationSteps } from './registration.ts'
import type { Registration } from './schema.ts'

/**
 * How long the write takes at least, in milliseconds: a commit waits for the disk, and what is
 * undone does not.
 */
const writeMs = 50

/** What everybody is answered. */
export type RegisterQuietly = (
  exchange: Exchange,
  registration: Registration,
  device: string,
) => Promise<{ readonly detail: string }>

export function quietRegistration(house: House, newcomers: NewcomerPort): RegisterQuietly {
  const { accounts, afterwards, emit, runHook } = house
  const steps = registrationSteps(house)

  /** The row, or the field that is taken. */
  async function made(
    exchange: Exchange,
    sent: Registration,
  ): Promise<{ row: object } | { taken: string }> {
    const taken = await accounts.collisions(sent.fields, exchange.scope)
    const prepared = await steps.prepare(exchange, sent)
    const write = async () => {
      const [field] = taken
      if (field !== undefined) {
        await steps.insertInVain(exchange, sent, prepared)
        return { taken: field }
      }
      try {
        return { row: await steps.insert(exchange, sent, prepared, true) }
      } catch (error) {
        // Of two at the very same moment, one is told by a message.
        if (error instanceof UniqueViolation) return { taken: '' }
        throw error
      }
    }
    const least = new Promise((resolve) => setTimeout(resolve, writeMs))
    const [outcome] = await Promise.all([write(), least])
    return outcome
  }

  return async (exchange, sent, device) => {
    await steps.judge(sent)
    const outcome = await made(exchange, sent)
    const address = exchange.address?.address ?? null
    const work = async () => {
      if ('row' in outcome) {
        emit({ name: 'registration.succeeded', userId: accounts.id(outcome.row), address })
        await steps.settle(exchange, outcome.row, device)
        newcomers.welcome(exchange, outcome.row)
        await runHook('afterRegister', accounts.user(outcome.row), hookContext(exchange, null))
      } else {
        emit({ name: 'registration.refused', reason: 'taken', address })
        await newcomers.taken(exchange, sent.fields)
      }
    }
    afterwards.run('register', work, exchange.waitUntil)
    return { detail: newcomers.detail }
  }
}
