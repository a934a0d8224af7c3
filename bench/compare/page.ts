/** What a comparison says in words and tables. */
import type { ImportShares } from '../imports.ts'
import { taken, versionOf } from '../machine.ts'
import type { Result } from './contest.ts'
import { contestants, type Group, groups } from './contestants.ts'
import { figuresOf, oursIn, oursOn, ratioOf } from './figures.ts'

export function pageOf(results: readonly Result[], shares: ImportShares, foreign: number): string {
  return `
${taken(foreign)}

${costs(results)}

![CPU of a checked request by library: what the framework takes, and what the check adds](peers.svg)

${goals(results)}

${refusals(results)}

${imports(shares)}

${versions()}
`
}

function costs(results: readonly Result[]): string {
  const lines = results.map((result) => {
    const { contestant, promises } = result
    const { checked, bare, check, perSecond } = figuresOf(result)
    const ours = oursIn(results, contestant.group)
    const { ratio, least, greatest } = ratioOf(result, ours)
    const against =
      result === ours
        ? ['1', '1']
        : [
            `${ratio.toFixed(2)} (${least.toFixed(2)} to ${greatest.toFixed(2)})`,
            (check / figuresOf(ours).check).toFixed(2),
          ]
    const name = contestant.isOurs ? `**${contestant.label}**` : contestant.label
    return row([
      groups[contestant.group],
      name,
      contestant.framework,
      checked.toFixed(0),
      bare.toFixed(0),
      check.toFixed(0),
      ...against,
      promises.toFixed(0),
      perSecond.toFixed(0),
    ])
  })
  return table(
    [
      'where',
      'library',
      'framework',
      'µs',
      'bare',
      'check',
      'against ours (rounds)',
      'check against ours',
      'promises',
      'requests/s',
    ],
    lines,
  )
}

function goals(results: readonly Result[]): string {
  const revocable = results.filter(
    ({ contestant }) => contestant.isRevocable && contestant.group !== 'stateless',
  )
  const ahead = (figure: 'checked' | 'check') =>
    revocable
      .filter(({ contestant }) => !contestant.isOurs)
      .filter(
        (theirs) =>
          figuresOf(theirs)[figure] < figuresOf(oursIn(results, theirs.contestant.group))[figure],
      )
      .map(({ contestant }) => `${contestant.label} (${groups[contestant.group]})`)
  const told = (names: readonly string[]) =>
    names.length === 0 ? 'none of them is cheaper' : `cheaper are ${names.join(', ')}`
  const onSame = results.flatMap((theirs) => {
    const { group, framework, isOurs, label } = theirs.contestant
    const ours = oursOn(results, group, framework)
    if (isOurs || framework === 'Hono' || !ours) return []
    const { ratio, least, greatest } = ratioOf(theirs, ours)
    const check = figuresOf(theirs).check / figuresOf(ours).check
    return `${label} (${groups[group]}) ${ratio.toFixed(2)} (${least.toFixed(2)} to ${greatest.toFixed(2)}), by the check alone ${check.toFixed(2)}`
  })
  const [fastest] = revocable
    .filter(({ contestant }) => contestant.label.startsWith('Better Auth'))
    .sort((a, b) => figuresOf(a).checked - figuresOf(b).checked)
  if (!fastest) throw new Error('Better Auth has no revocable mode here')
  const { ratio, least, greatest } = ratioOf(fastest, oursIn(results, fastest.contestant.group))
  return `Of sessions that can be revoked, with the framework: ${told(ahead('checked'))}. By the check alone: ${told(ahead('check'))}.
Against ours on Fastify: ${onSame.join('; ')}.
Better Auth's fastest revocable mode, ${fastest.contestant.variant}, costs ${ratio.toFixed(2)} of ours over the same storage (${least.toFixed(2)} to ${greatest.toFixed(2)}); the goal, 1.6, is ${ratio >= 1.6 ? 'met' : 'not met'}.`
}

/** What each of them does not see. */
function refusals(results: readonly Result[]): string {
  const told = (refused: boolean) => (refused ? 'refused' : '**taken**')
  const lines = results.map(({ contestant, refusals }) =>
    row([
      contestant.label,
      groups[contestant.group as Group],
      told(refusals.revoked),
      told(refusals.passwordChanged),
      told(refusals.disabled),
      contestant.idle,
    ]),
  )
  return `What the next request meets after something has happened, as the run has seen it; how long a login
lasts that nobody uses is what each library does by default:

${table(
  ['library', 'where', 'revoked', 'password changed', 'account disabled in its row', 'ends unused'],
  lines,
)}`
}

function imports({ hono, ours, betterAuth }: ImportShares): string {
  const share = ours / betterAuth
  return `Importing, in CPU above Hono and one dialect of Drizzle (${hono.toFixed(0)} ms): the library with its Hono and Drizzle adapters
${ours.toFixed(0)} ms, Better Auth with its Drizzle adapter ${betterAuth.toFixed(0)} ms: ${share.toFixed(2)} of it. The goal, 0.5, is ${share <= 0.5 ? 'met' : 'not met'}.`
}

function versions(): string {
  const folder = new URL('../peers/', import.meta.url)
  const names = new Set(contestants.flatMap(({ packages }) => packages))
  for (const name of ['express', 'fastify', 'hono', '@hono/node-server', 'drizzle-orm']) {
    names.add(name)
  }
  for (const name of ['better-sqlite3', 'pg', 'redis']) names.add(name)
  return `Versions: ${[...names].map((name) => `${name} ${versionOf(name, folder)}`).join(', ')}.`
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

function table(head: readonly string[], lines: readonly string[]): string {
  return [row(head), row(head.map(() => '---')), ...lines].join('\n')
}
