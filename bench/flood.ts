/**
 * Logins under load, over sockets: how many per second against bare hashing in as many threads, how
 * long they wait, and what the checks of others cost meanwhile, at the 99th percentile, against
 * quiet moments of the same run.
 *
 * Whoever asks, whoever floods and whoever is flooded have a process each, and so has a server that
 * does nothing: what is slower there is the machine's, which has to run all of them, and not ours.
 *
 * `--write` writes into `docs/performance.md`. Numbers are values of `passwords.threadNiceness` to
 * compare: `node bench/flood.ts 0 10 19`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, setPriority } from 'node:os'
import type { Answers, Asked, Asking } from './flood/asking.ts'
import type { Flood, LoginAnswer } from './flood/logging-in.ts'
import { foreignShare, taken } from './machine.ts'
import { between } from './page.ts'

interface Served {
  readonly port: number
  readonly session: Record<string, string>
  readonly bearer: Record<string, string>
  readonly threads: number
}

const rounds = 3
const perSecond = 150
const quietSeconds = 6
const floodSeconds = 10
/** A flood is on before anybody is asked for. */
const leadSeconds = 1

const kinds = {
  session: 'session checks',
  bearer: 'bearer checks',
  control: 'a server beside it, without any check',
  loop: 'lateness of the server’s event loop',
} as const

type Kind = keyof typeof kinds

/** The 99th percentile of each kind, in milliseconds. */
type Slowest = Readonly<Record<Kind, number>>

interface Measured {
  readonly threads: number
  readonly bare: number
  readonly quiet: readonly Slowest[]
  readonly flooded: readonly Slowest[]
  readonly floods: readonly (readonly LoginAnswer[])[]
}

/** @param niceness See `passwords.threadNiceness`. Default: the library's. */
export async function flood(niceness?: string): Promise<string> {
  const text = tableOf(await measured(niceness))
  const named = niceness === undefined ? '' : `Threads nicer by ${niceness}. `
  console.log(`\n${named}${text}`)
  return text
}

async function measured(niceness?: string): Promise<Measured> {
  const children: ChildProcess[] = []
  const start = (file: string, args: readonly string[] = []) => {
    const child = fork(new URL(`flood/${file}`, import.meta.url), args)
    children.push(child)
    return child
  }
  try {
    const control = await said<{ port: number }>(start('control.ts'))
    const server = start('serve.ts', niceness === undefined ? [] : [niceness])
    const { port, session, bearer, threads } = await said<Served>(server)
    const asker = start('asking.ts')
    const flooder = start('logging-in.ts')
    // A flood comes from elsewhere: here it must not keep others from a core.
    if (flooder.pid !== undefined) setPriority(flooder.pid, 10)

    const targets: readonly Asked[] = [
      { name: 'session', port, headers: session },
      { name: 'bearer', port, headers: bearer },
      { name: 'control', port: control.port, headers: {} },
    ]
    const asked = async (seconds: number): Promise<Slowest> => {
      await told(server, 'watch')
      const order: Asking = { targets, perSecond, seconds }
      const answers = await told<Answers>(asker, order)
      const [own = 0, token = 0, beside = 0] = targets.map(({ name }) => p99(answers[name] ?? []))
      return { session: own, bearer: token, control: beside, loop: await told(server, 'delay') }
    }
    const flooded = async (perSecond: number, seconds: number) => {
      const order: Flood = { port, perSecond, seconds: leadSeconds + seconds }
      const logins = told<LoginAnswer[]>(flooder, order)
      await new Promise((resolve) => setTimeout(resolve, leadSeconds * 1000))
      return { slowest: await asked(seconds), logins: await logins }
    }

    const before = await told<number>(server, 'hash')
    // What is compiled for good is faster; logins among it.
    await asked(2)
    await flooded(4 * before, 3)
    const made = { quiet: [] as Slowest[], flooded: [] as Slowest[], floods: [] as LoginAnswer[][] }
    for (let round = 0; round < rounds; round++) {
      made.quiet.push(await asked(quietSeconds))
      const { slowest, logins } = await flooded(4 * before, floodSeconds)
      made.flooded.push(slowest)
      made.floods.push(logins)
    }
    const after = await told<number>(server, 'hash')
    return { ...made, threads, bare: (before + after) / 2 }
  } finally {
    for (const child of children) child.kill()
  }
}

function tableOf({ threads, bare, quiet, flooded, floods }: Measured): string {
  const rates = floods.map((logins) => {
    const done = logins.filter(({ status }) => status === 200)
    return done.length / (Math.max(...done.map(({ end }) => end)) / 1000)
  })
  const logins = floods.flat()
  const done = logins.filter(({ status }) => status === 200)
  const refused = logins.filter(
    ({ status, retryAfter }) => status === 503 && /^\d+$/.test(retryAfter ?? ''),
  )
  const otherwise = logins.length - done.length - refused.length
  const longest = (of: readonly LoginAnswer[]) =>
    Math.max(0, ...of.map(({ milliseconds }) => milliseconds)) / 1000
  const rate = median(rates)
  const lines = (Object.keys(kinds) as Kind[]).map((kind) => {
    const [before, meanwhile] = [quiet, flooded].map((all) => all.map((one) => one[kind]))
    const ratios = (meanwhile ?? []).map((one, n) => one / (before?.[n] ?? Number.NaN))
    const ratio = median(meanwhile ?? []) / median(before ?? [])
    const spread = `${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`
    return `| ${kinds[kind]} | ${told3(before)} | ${told3(meanwhile)} | ${spread} |`
  })
  return `Logins at four times what ${threads} of ${availableParallelism()} cores hash, ${rounds} times:

- ${rate.toFixed(2)} logins per second (${spreadOf(rates)}), bare hashing ${bare.toFixed(2)}: ${(rate / bare).toFixed(2)} of it;
- by arithmetic, of 16 cores 15 hash: ${((rate / threads) * 15).toFixed(0)} logins per second;
- ${done.length} let in, the longest after ${longest(done).toFixed(1)} s; ${refused.length} refused with Retry-After, the
  longest after ${longest(refused).toFixed(1)} s; answered otherwise: ${otherwise}.

| 99th percentile, in ms: middle (rounds) | quiet | in a flood | ratio (rounds) |
| --- | --- | --- | --- |
${lines.join('\n')}
`
}

function told3(values: readonly number[] = []): string {
  return `${median(values).toFixed(2)} (${spreadOf(values)})`
}

function spreadOf(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

function told<Answer>(child: ChildProcess, order: string | object): Promise<Answer> {
  const answer = said<Answer>(child)
  child.send(order)
  return answer
}

function said<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const left = () => {
      clearTimeout(late)
      reject(new Error('a process has ended'))
    }
    const late = setTimeout(() => reject(new Error('a process says nothing')), 90_000)
    child.once('exit', left)
    child.once('message', (message) => {
      clearTimeout(late)
      child.off('exit', left)
      resolve(message as Message)
    })
  })
}

if (process.argv[1] === import.meta.filename) {
  const args = process.argv.slice(2)
  const compared = args.filter((arg) => arg !== '--write')
  for (const niceness of compared) await flood(niceness)
  if (compared.length === 0) {
    const before = await foreignShare()
    const text = await flood()
    const note = taken(Math.max(before, await foreignShare()))
    console.log(note)
    if (args.includes('--write')) {
      const page = new URL('../docs/performance.md', import.meta.url)
      writeFileSync(page, between(readFileSync(page, 'utf8'), 'logins', `${text}\n${note}`))
    }
  }
}
