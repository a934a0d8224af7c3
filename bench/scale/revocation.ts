/** How long it takes to end a user's thousand sessions, against deleting their keys. */
import { randomBytes } from 'node:crypto'
import { createClient } from '@redis/client'
import { redisStorage } from 'crudauth/redis'
import { RedisServer } from '../../test/support/redis-server.ts'
import { applicationOver, sessionKey } from './application.ts'
import { forEach, line, median } from './measure.ts'

const sessions = 1000
const rounds = 5

export async function revocation(): Promise<void> {
  const server = await RedisServer.start()
  const client = createClient({ url: server.url })
  await client.connect()
  try {
    const { auth, member, startSession } = await applicationOver(
      redisStorage({ client, timeoutMs: 30_000 }),
      async () => null,
    )
    const ours: number[] = []
    const bare: number[] = []
    for (let round = 0; round < rounds; round++) {
      await forEach(sessions, 50, startSession)
      ours.push(
        await median(async () => {
          const ended = await auth.sessions.revokeAll(member.id)
          if (ended !== sessions) throw new Error(`${ended} sessions ended`)
        }, 1),
      )
      const keys = Array.from({ length: sessions }, () =>
        sessionKey(randomBytes(32).toString('hex')),
      )
      await forEach(sessions, 100, (n) => client.set(keys[n] ?? '', 'x'.repeat(140)))
      bare.push(await median(() => client.unlink(keys), 1))
    }
    const middle = (taken: number[]) => (taken.sort((a, b) => a - b)[(rounds - 1) / 2] ?? 0) / 1000
    const [a, b] = [middle(ours), middle(bare)]
    console.log(`\nEnding ${sessions} sessions of one user, in milliseconds`)
    line('revokeAll', a.toFixed(2), `UNLINK of all ${b.toFixed(2)}`, a / b)
  } finally {
    client.destroy()
    await server.end()
  }
}
