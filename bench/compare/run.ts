/**
 * Compares with other libraries and writes what comes out into `docs/performance.md` and
 * `docs/peers.svg`. For a look, by which nothing is written, the seconds that measuring may take,
 * and some groups only: `node bench/compare/run.ts 20 redis sqlite`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isReachable, postgres, redis } from '../../test/support/services.ts'
import { importShares } from '../imports.ts'
import { foreignShare } from '../machine.ts'
import { between } from '../page.ts'
import { chart } from './chart.ts'
import { contest } from './contest.ts'
import { contestants } from './contestants.ts'
import { pageOf } from './page.ts'

for (const service of [postgres, redis]) {
  if (!(await isReachable(service))) process.exit(1)
}
const [seconds = '150', ...only] = process.argv.slice(2)
const isLook = process.argv.length > 2
const chosen = contestants.filter(({ group }) => only.length === 0 || only.includes(group))
const foreignBefore = await foreignShare()
const results = await contest(chosen, {
  rounds: 60,
  requests: 250,
  seconds: Number(seconds),
})
const shares = importShares()
const foreign = Math.max(foreignBefore, await foreignShare())

const text = pageOf(results, shares, foreign)
console.log(text)
if (!isLook) {
  const page = new URL('../../docs/performance.md', import.meta.url)
  writeFileSync(page, between(readFileSync(page, 'utf8'), 'peers', text))
  writeFileSync(new URL('../../docs/peers.svg', import.meta.url), chart(results))
}
