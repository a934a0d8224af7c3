/**
 * Logins under load, over sockets: how many per second against bare hashing in as many threads, how
 * long they wait, and what the checks of others cost meanwhile, at the 99th percentile, against
 * quiet moments of the same run.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { load, timedLoad } from './cost/load.ts'

interface Served {
  readonly port: number
  readonly session: Record<string, string>
  readonly bearer: Record<string, string>
  readonly hashesPerSecond: number
  readonly threads: number
}

const seconds = 8

export async function flood(): Promise<void> {
  const child = fork(new URL('flood/serve.ts', import.meta.url))
  try {
    const [served] = (await once(child, 'message')) as [Served]
    const { port, session, bearer, hashesPerSecond, threads } = served
    const target = (headers: Record<string, string>) => ({ port, headers })
    await load(target(session), 2000)
    await load(target(bearer), 2000)
    const quiet: number[][] = [[], []]
    for (let round = 0; round < 3; round++) {
      quiet[0]?.push(p99(await timedLoad(target(session), { seconds: 2, perSecond: 100 })))
      quiet[1]?.push(p99(await timedLoad(target(bearer), { seconds: 2, perSecond: 100 })))
    }
    const rate = 4 * hashesPerSecond
    const flooding = timedLoad(
      { port, headers: { 'content-type': 'application/json' } },
      { seconds, perSecond: rate, method: 'POST', path: '/login' },
    )
    const [sessions, tokens] = await Promise.all([
      timedLoad(target(session), { seconds: seconds - 2, perSecond: 50 }),
      timedLoad(target(bearer), { seconds: seconds - 2, perSecond: 50 }),
    ])
    const logins = await flooding
    const done = logins.filter(({ status }) => status === 200)
    const refused = logins.filter(({ status }) => status === 503)
    const honest = refused.filter(({ text }) => /retry-after: \d+/i.test(text))
    const perSecond = done.length / (Math.max(...done.map(({ end }) => end)) / 1000)
    const longest = Math.max(...done.map(({ milliseconds }) => milliseconds))
    const middle = (of: number[] | undefined) => (of ?? []).sort((a, b) => a - b)[1] ?? 0
    const line = (name: string, now: number, before: number) =>
      `  p99 of ${name}: quiet ${before.toFixed(1)} ms, meanwhile ${now.toFixed(1)} ms, ratio ${(now / before).toFixed(2)}`
    console.log(`
Logins at four times what ${threads} of ${availableParallelism()} cores hash
  logins per second     ${perSecond.toFixed(2)}, bare hashing ${hashesPerSecond.toFixed(2)}, ratio ${(perSecond / hashesPerSecond).toFixed(2)}
  by arithmetic, of 16 cores 15 hash: ${((perSecond / threads) * 15).toFixed(0)} logins per second
  answered              ${done.length}, refused with Retry-After ${honest.length}, otherwise ${logins.length - done.length - honest.length}
  longest wait          ${(longest / 1000).toFixed(1)} s
${line('session checks', p99(sessions), middle(quiet[0]))}
${line('bearer checks', p99(tokens), middle(quiet[1]))}`)
  } finally {
    child.kill()
  }
}

function p99(answers: readonly { readonly milliseconds: number }[]): number {
  const sorted = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}

if (process.argv[1] === import.meta.filename) await flood()
