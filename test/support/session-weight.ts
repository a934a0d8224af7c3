/**
 * A program: how many bytes of memory a live session takes, with its place in its owner's index.
 *
 * Arguments: how many sessions, of how many users. Run with --expose-gc.
 */
import { secureRandom } from '../../src/crypto.ts'
import { sessionOptions } from '../../src/features/session/session.ts'
import { Sessions } from '../../src/features/session/sessions.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { storageKeys } from '../../src/storage/keys.ts'
import { memoryStorage } from '../../src/storage/memory.ts'

const [count = 0, users = 0] = process.argv.slice(2).map(Number)
const storage = memoryStorage()
const { settings } = sessionOptions.read({ maxPerUser: null }, 'session')
const sessions = new Sessions(settings, {
  storage,
  keys: storageKeys('crudauth'),
  clock: Date.now,
  random: secureRandom,
  emit: () => undefined,
  secrets: ['a secret for tests, thirty-two bytes or more'],
  audiences: ['a'.repeat(43)],
})

async function begin(some: number): Promise<void> {
  for (let n = 0; n < some; n++) {
    const address = `203.${n % 100}.${n % 200}.${n % 250}`
    const exchange = {
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      address: { address, network: address },
    } as unknown as Exchange
    const owner = { id: String(100_000 + (n % users)), epoch: 1_000_000_000 + n }
    await sessions.create({ exchange, scope: {} }, owner)
  }
}

function weight(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

// Enough of them that only the latest are kept as they were parsed.
await begin(2000)
const before = weight()
await begin(count)
process.stdout.write(`${Math.round((weight() - before) / count)}\n`)
// They are still there.
if ((await storage.get('none')) !== null) throw new Error('something is there')
