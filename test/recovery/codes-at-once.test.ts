/**
 * Guesses at a code at once, over storages that processes share: five get a look.
 */
import { randomBytes } from 'node:crypto'
import type { Storage } from 'crudauth'
import { drizzleStorage } from 'crudauth/drizzle'
import { authStorageColumns } from 'crudauth/drizzle/postgres'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { recoveryWorld } from '../support/recovery.ts'
import { isReachable, postgres, postgresUrl, redis, redisUrl } from '../support/services.ts'

const name = `codes_${randomBytes(4).toString('hex')}`
const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const storages = [
  [
    'Redis',
    await isReachable(redis),
    10_000,
    async () => redisStorage({ url: redisUrl, timeoutMs: 30_000 }),
  ],
  [
    'PostgreSQL',
    await isReachable(postgres),
    200,
    async () => {
      const table = pgTable(name, authStorageColumns())
      const pool = new Pool({ connectionString: postgresUrl, max: 8 })
      for (const statement of tableStatements(table)) await pool.query(statement)
      closing.push(() => pool.query(`drop table ${name}`).then(() => pool.end()))
      return drizzleStorage(drizzle(pool), table, { timeoutMs: 30_000 })
    },
  ],
] as const satisfies readonly (readonly [string, boolean, number, () => Promise<Storage>])[]

// A loaded machine takes its time for ten thousand.
const timeout = 120_000

describe.each(storages.filter(([, isThere]) => isThere))('over %s', (_, __, count, open) => {
  test(`of ${count} guesses at once, through two processes' worth of the library, five are looked at`, {
    timeout,
  }, async () => {
    const storage: Storage = await open()
    closing.unshift(async () => storage.close?.())
    const shared = { storage, namespace: name, clock: Date.now }
    const one = recoveryWorld({ codes: {} }, shared)
    const member = await one.member()
    const other = recoveryWorld({ codes: {} }, shared)
    expect((await other.member()).id).toBe(member.id)

    const asked = await one.ask(one.browser(), 'reset')
    const { receipt } = (await asked.json()) as { receipt: string }
    const right = one.inbox.messages.at(-1)?.code ?? ''
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const { app } = index % 2 === 0 ? one : other
        const wrong = String((Number(right) + index + 1) % 1e6).padStart(6, '0')
        const request = new Request('https://app.example.com/recovery/reset-confirm', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ receipt, code: wrong, new_password: 'another horse, a battery' }),
        })
        return app.fetch(request, { incoming: { socket: { remoteAddress: '198.51.100.1' } } })
      }),
    )
    // A storage that has more to do than it can takes nothing more: nothing is looked at then.
    expect([400, 503]).toEqual(
      expect.arrayContaining([...new Set(answers.map((one) => one.status))]),
    )
    const told = [...one.told('recovery.refused'), ...other.told('recovery.refused')]
    const reasons = told.map((event) => ('reason' in event ? event.reason : ''))
    const looked = reasons.filter((reason) => reason === 'wrong_code').length
    expect(looked).toBeGreaterThan(0)
    expect(looked).toBeLessThanOrEqual(5)
    expect(reasons.filter((reason) => reason === 'attempts_used').length).toBeGreaterThan(
      count / 10,
    )
  })
})
