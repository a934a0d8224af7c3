/**
 * Registration that tells nobody whether a name is taken.
 *
 * Where there is a way to reach people, the answer is the same for a new account and for a name
 * that somebody has, in whichever field, after the same work: the same look-ups, one password hash,
 * one insert, which is undone where the name is taken. What differs goes by message, to who reads
 * the address. The account is there with the answer, so that whoever logs in next gets in.
 */
import type { House, NewcomerPort } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { collisions } from '../../users/collisions.ts'
import { UniqueViolation } from '../../users/store.ts'
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

export function quietRegistration(
  { accounts, afterwards, newAccounts }: House,
  newcomers: NewcomerPort,
): RegisterQuietly {
  /** The row, or `null` where the name is taken. */
  async function made(exchange: Exchange, sent: Registration): Promise<object | null> {
    const { scope } = exchange
    const place = { exchange, scope }
    const taken = await collisions(accounts, sent.fields, scope)
    const prepared = await newAccounts.prepare(place, sent)
    const write = async () => {
      if (taken.length > 0) {
        await newAccounts.insertInVain(place, prepared)
        return null
      }
      try {
        return await newAccounts.insert(place, prepared, { isAlike: true })
      } catch (error) {
        // Of two at the very same moment, one is told by a message.
        if (error instanceof UniqueViolation) return null
        throw error
      }
    }
    const least = new Promise((resolve) => setTimeout(resolve, writeMs))
    const [row] = await Promise.all([write(), least])
    return row
  }

  return async (exchange, sent, device) => {
    const place = { exchange, scope: exchange.scope }
    await newAccounts.judge(sent)
    const row = await made(exchange, sent)
    const work = async () => {
      if (row !== null) {
        newAccounts.tell(place, row)
        await newAccounts.settle(place, row, device)
        newcomers.welcome(exchange, row)
        // The answer has gone out: who registered is told by a message, the operator by an event.
        await newAccounts.finish(place, row).catch(async (error: unknown) => {
          await newcomers.failed(exchange, row)
          throw error
        })
      } else {
        newAccounts.refused(place, null)
        await newcomers.taken(exchange, sent.fields)
      }
    }
    afterwards.run('register', work, exchange.waitUntil)
    return { detail: newcomers.detail }
  }
}
