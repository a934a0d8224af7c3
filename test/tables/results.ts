/**
 * The table of docs/tables.md: how far each application's table went.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Result {
  readonly name: string
  readonly orm: string
  readonly way: 'whole' | 'not' | 'failed'
  /** What had to be said or done, or what is missing. */
  readonly why: string
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

/**
 * The lines of all applications after a run, with those query builders that it left out as the page
 * has them: Prisma has a project of its own.
 */
export function tableOf(results: readonly Result[], all: readonly string[]): string[] {
  const before = new Map(
    tableIn().map((line) => {
      const [, name = '', ...cells] = line.split('|').map((cell) => cell.trim())
      return [name, cells] as const
    }),
  )
  const names = [...new Set(all)].sort((one, other) => one.localeCompare(other))
  return names.map((name) => {
    const of = results.filter((result) => result.name === name)
    const as = before.get(name)
    if (of.length === 0 && as) return lineOf([name, ...as.slice(0, heads.length - 1)])
    const cells = Object.keys(titles).map((orm, at) => {
      const result = of.find((one) => one.orm === orm)
      if (!result) return before.get(name)?.[at] ?? 'not tried'
      return { whole: 'yes', not: 'no', failed: '**failed**' }[result.way]
    })
    const why = (of[0]?.why ?? '')
      .split(', ')
      .map((one) => words[one] ?? one)
      .join(', ')
    return lineOf([name, ...cells, why])
  })
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** What the page says. */
export function tableIn(): string[] {
  const text = readFileSync(path, 'utf8')
  return text
    .slice(text.indexOf(start), text.indexOf(end))
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
}

export function writeTable(results: readonly Result[], all: readonly string[]): void {
  const text = readFileSync(path, 'utf8')
  const lines = [lineOf(heads), lineOf(heads.map(() => '---')), ...tableOf(results, all)]
  const before = text.slice(0, text.indexOf(start) + start.length)
  writeFileSync(path, `${before}\n\n${lines.join('\n')}\n\n${text.slice(text.indexOf(end))}`)
}
