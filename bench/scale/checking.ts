/** One process of `checks.ts`: says that it is ready, and how many checks it made. */
import { createClient } from '@redis/client'
import { redisStorage } from 'crudauth/redis'
import { applicationOver, check } from './application.ts'

const [url = '', cookie = '', which = '', seconds = ''] = process.argv.slice(2)
const client = createClient({ url })
await client.connect()
const { app, byHand } = await applicationOver(redisStorage({ client }), (key) => client.get(key))
const asked = which === 'ours' ? app : byHand
for (let n = 0; n < 500; n++) await check(asked, cookie)

let made = 0
process.once('message', async () => {
  const end = Date.now() + Number(seconds) * 1000
  const work = async () => {
    for (; Date.now() < end; made++) await check(asked, cookie)
  }
  await Promise.all(Array.from({ length: 50 }, work))
  process.send?.(made, () => process.exit())
})
process.send?.('ready')
