/**
 * One process that serves one library, and does what its parent asks: `serve.ts <module>
 * <variant>`.
 */
import { createHook } from 'node:async_hooks'
import type { Served, Variants } from './served.ts'

export type Order =
  | { readonly do: 'cpu' | 'logIn' | 'count promises' | 'promises' | 'end' }
  | { readonly do: 'revoke'; readonly headers: Readonly<Record<string, string>> }
  | { readonly do: 'change'; readonly assignments: string }
  | { readonly do: 'set password'; readonly password: string }

const [module = '', variant = ''] = process.argv.slice(2)
const { variants } = (await import(module)) as { readonly variants: Variants }
const start = variants[variant]
if (!start) throw new Error(`${module} has no ${variant}`)
const served: Served = await start()

let promises = 0
const counting = createHook({
  init(_id, type) {
    if (type === 'PROMISE') promises++
  },
})

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'cpu': {
      const { user, system } = process.cpuUsage()
      return user + system
    }
    case 'logIn':
      return served.logIn()
    case 'revoke':
      await served.revoke?.(order.headers)
      return null
    case 'change':
      await served.change(order.assignments)
      return null
    case 'set password':
      await served.setPassword(order.password)
      return null
    case 'count promises':
      promises = 0
      counting.enable()
      return null
    case 'promises':
      counting.disable()
      return promises
    case 'end':
      await served.close()
      process.exit()
  }
}

process.on('message', async (order: Order) => {
  const answer = await obey(order).catch((error: Error) => ({ failed: error.stack }))
  process.send?.(answer ?? null)
})
const { port, barePort, revoke } = served
process.send?.({ port, barePort, isRevocable: revoke !== null })
