/**
 * The table of docs/tables.md: how far each application's table went. Everything between its marks
 * is made here, out of the expectations and of what a run found.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Expectation, expectations } from './expectations.ts'

export type Orm = 'drizzle' | 'kysely' | 'prisma'

export interface Result {
  readonly name: string
  readonly orm: Orm
  readonly way: 'whole' | 'not' | 'failed'
}

const path = join(import.meta.dirname, '../../docs/tables.md')
const [start, end] = ['<!-- tables -->', '<!-- /tables -->']

const words: Readonly<Record<string, string>> = {
  letIn: '`--let-in`',
  ignored: '`--ignore`',
  tenant: '`--tenant`',
  columns: '`--columns`',
}

const titles = { drizzle: 'Drizzle', kysely: 'Kysely', prisma: 'Prisma' } as const
const heads = ['application', ...Object.values(titles), 'what had to be said or done, or why not']

/** Prisma's driver for MySQL and MariaDB is under the LGPL, which stays out of this repository. */
export function isTried({ file }: Expectation, orm: Orm): boolean {
  return orm !== 'prisma' || !file.startsWith('my_')
}

/**
 * What stands between the marks after a run. The cells of what the run left out stay as the page
 * has them: query builders, whose project has a run of its own, and tables, where somebody tries
 * some.
 *
 * @param over The query builders of the run.
 * @param isOf Whether an expectation was among the run. Default: all were.
 */
export function partOf(
  page: string,
  results: readonly Result[],
  over: readonly Orm[],
  isOf: (expectation: Expectation) => boolean = () => true,
): string {
  const before = new Map(
    partIn(page)
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name = '', ...cells]) => [name, cells] as const),
  )
  const sorted = expectations.toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
  const lines = sorted.map((expectation) => {
    const { name } = expectation
    const cells = (Object.keys(titles) as Orm[]).map((orm, at) => {
      if (!isTried(expectation, orm)) return 'not tried'
      if (!over.includes(orm) || !isOf(expectation)) return before.get(name)?.[at] ?? ''
      const result = results.find((one) => one.name === name && one.orm === orm)
      return { whole: 'yes', not: 'no', failed: '**failed**' }[result?.way ?? 'failed']
    })
    return lineOf([name, ...cells, whyOf(expectation)])
  })
  return ['', '', lineOf(heads), lineOf(heads.map(() => '---')), ...lines, '', ''].join('\n')
}

function whyOf({ refused, migrates, said = {} }: Expectation): string {
  if (refused !== undefined) return refused
  const hands = Object.keys(said).map((one) => words[one] ?? one)
  return [...(migrates ? ['a migration'] : []), ...hands].join(', ')
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** What stands between the marks. */
export function partIn(page: string): string {
  return page.slice(page.indexOf(start) + start.length, page.indexOf(end))
}

export function readPage(): string {
  return readFileSync(path, 'utf8')
}

export function writePart(part: string): void {
  const page = readPage()
  const before = page.slice(0, page.indexOf(start) + start.length)
  writeFileSync(path, `${before}${part}${page.slice(page.indexOf(end))}`)
}
