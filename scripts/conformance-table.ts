/**
 * The conformance kits' report per adapter and driver, as a table in the documentation: made from
 * the reports of a test run, so that it says what was seen and not what was meant.
 *
 *   node scripts/conformance-table.ts REPORT.json …           writes docs/conformance.md
 *   node scripts/conformance-table.ts --check REPORT.json …   fails when it says something else
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly fullName: string
      readonly status: string
    }[]
  }[]
}

interface Tally {
  readonly passed: number
  readonly all: number
}

const page = join(import.meta.dirname, '../docs/conformance.md')
const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean' } },
  allowPositionals: true,
})

const tallies = {
  users: new Map<string, Tally>(),
  keys: new Map<string, Tally>(),
  identities: new Map<string, Tally>(),
  storages: new Map<string, Tally>(),
}

const results = positionals.flatMap(resultsOf)
const failed = results.filter(({ status }) => status === 'failed')
if (failed.length > 0) {
  // A case that failed in one run would stand in the page as what an adapter cannot do.
  console.error('Nothing is written of a run in which these tests failed:')
  for (const { fullName } of failed) console.error(`  ${fullName}`)
  process.exit(1)
}

for (const { ancestorTitles, status } of results) {
  const [suite = '', conforms, variant = ''] = ancestorTitles
  const keys = /^API keys: (.+ over .+)$/.exec(suite)?.[1]
  if (keys !== undefined && conforms === 'on a new table') count(tallies.keys, keys, status)
  if (conforms !== 'conforms') continue
  const user = /^User store: (.+)$/.exec(suite)?.[1]
  const storage = /^The (\w+) storage(?: over (.+))?(?: in (.+))?$/.exec(suite)
  const identities = /^Identities: (.+ over .+)$/.exec(suite)?.[1]
  if (identities !== undefined) {
    count(tallies.identities, `${identities} | ${variant.replace(/^in /, '')}`, status)
  } else if (user !== undefined && /^(?:with|ignoring)/.test(variant)) {
    count(tallies.users, `${user} | ${variant.replace(/^with /, '')}`, status)
  } else if (storage) {
    const [, kind = '', driver = /^over (.+)$/.exec(variant)?.[1] ?? '', place] = storage
    const where = place === undefined ? kind : `${kind}, ${place}`
    count(tallies.storages, `${where} | ${driver}`, status)
  }
}

const text = [
  '# Conformance',
  '',
  'Which cases of the kits in `crudauth/testing` each adapter passes, on real servers. This page is made',
  'from the test run by `npm run docs:conformance`, and CI fails when it says something else.',
  '',
  '## User stores',
  '',
  ...table('adapter | with', tallies.users),
  '',
  '## Tables of API keys',
  '',
  ...table('adapter', tallies.keys),
  '',
  '## Identities at providers',
  '',
  ...table('adapter | kept in', tallies.identities),
  '',
  '## Storages',
  '',
  ...table('storage | over', tallies.storages),
  '',
].join('\n')

if (!values.check) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/conformance.md is not what the tests say; run npm run docs:conformance')
  process.exit(1)
}

function resultsOf(path: string) {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  return report.testResults.flatMap(({ assertionResults }) => assertionResults)
}

function count(rows: Map<string, Tally>, name: string, status: string): void {
  const { passed, all } = rows.get(name) ?? { passed: 0, all: 0 }
  rows.set(name, { passed: passed + (status === 'passed' ? 1 : 0), all: all + 1 })
}

function table(heads: string, rows: ReadonlyMap<string, Tally>): string[] {
  const sorted = [...rows].sort(([a], [b]) => a.localeCompare(b))
  return [
    `| ${heads} | cases passed |`,
    `|${' --- |'.repeat(heads.split('|').length + 1)}`,
    ...sorted.map(([name, { passed, all }]) => `| ${name} | ${passed} of ${all} |`),
  ]
}
