/** Times one request against the same by hand and against no check at all, in one run. */
import { Hono } from 'hono'
import { Bench } from 'tinybench'
import type { Counters } from './application.ts'

type App = Pick<Hono, 'fetch'>

export interface Comparison {
  readonly checked: App
  readonly byHand: App
  readonly headers: Record<string, string>
  readonly count: (work: () => unknown) => Promise<Counters>
}

export async function compare(
  title: string,
  { checked, byHand, headers, count }: Comparison,
): Promise<void> {
  const bare = new Hono().get('/checked', (c) => c.json({ id: 1 }))
  const ask = (app: App) => async () => {
    const response = await app.fetch(new Request('https://app.example.com/checked', { headers }))
    if (response.status !== 200) throw new Error(`the check answered ${response.status}`)
  }
  const cost = await count(ask(checked))
  const bench = new Bench({ time: 2000, warmupTime: 500 })
    .add('crudauth', ask(checked))
    .add('by hand', ask(byHand))
    .add('no check', ask(bare))
  await bench.run()
  const [ours = 0, hand = 0, none = 0] = bench.tasks.map((task) => {
    if (!('latency' in task.result)) throw new Error(`${task.name} did not run`)
    return task.result.latency.p50 * 1000
  })
  console.log(`
${title}: storage ${cost.storage}, queries ${cost.queries} (median of a request, in process)
  no check   ${none.toFixed(1)} µs
  by hand    ${hand.toFixed(1)} µs
  crudauth   ${ours.toFixed(1)} µs
  ratio to by hand           ${(ours / hand).toFixed(2)}
  ratio of the check alone   ${((ours - none) / (hand - none)).toFixed(2)}`)
}
