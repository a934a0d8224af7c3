/**
 * What a check costs, against the same by hand: CPU over sockets, promises, bytes. Some subjects
 * only: `node bench/cost/run.ts bearer 'API key'`.
 */
import { isReachable, postgres, redis } from '../../test/support/services.ts'
import { counted } from './counted.ts'
import type { Counts } from './counts.ts'
import { cpu } from './cpu.ts'
import { type SubjectName, subjects } from './subjects.ts'

const services = { 'session, Redis': redis, 'session, SQL': postgres }

export async function costs(only: readonly string[] = []): Promise<void> {
  console.log(`
What a check costs: CPU of a request over sockets, the cheapest of many short rounds; promises and
bytes in process, above the handler written by hand

| check | by hand, µs | ratio | against | promises | bytes |
| --- | --- | --- | --- | --- | --- |`)
  for (const name of Object.keys(subjects) as SubjectName[]) {
    if (only.length > 0 && !only.includes(name)) continue
    const service = services[name as keyof typeof services]
    if (service && !(await isReachable(service))) continue
    const used = await cpu(name, { rounds: Number(process.env['ROUNDS'] ?? 40), requests: 250 })
    const counts = await counted(name)
    const { crudauth: ours = 0, 'no check': none = 0, ...others } = used
    for (const [other, hand] of Object.entries(others)) {
      const [mine, theirs] = [counts['crudauth'], counts[other]]
      const more = (what: keyof Counts) => `${(mine?.[what] ?? 0) - (theirs?.[what] ?? 0)}`
      const ratio = `${(ours / hand).toFixed(2)}`
      console.log(
        `| ${name} | ${hand.toFixed(0)} (${none.toFixed(0)} without any check) | ${ratio} | ${other} | ${more('promises')} | ${more('bytes')} |`,
      )
    }
  }
}

if (process.argv[1] === import.meta.filename) await costs(process.argv.slice(2))
