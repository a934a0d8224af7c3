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

function linesOf(results: readonly Result[]): string[] {
  const names = [...new Set(results.map(({ name }) => name))].sort((one, other) =>
    one.localeCompare(other),
  )
  return names.map((name) => {
    const of = results.filter((result) => result.name === name)
    const cell = (orm: string) => {
      const { way } = of.find((result) => result.orm === orm) ?? {}
      return way === 'whole' ? 'yes' : way === 'not' ? 'no' : '**failed**'
    }
    const why = (of[0]?.why ?? '')
      .split(', ')
      .map((one) => words[one] ?? one)
      .join(', ')
    return `| ${name} | ${cell('drizzle')} | ${cell('kysely')} | ${why} |`
  })
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

export function tableOf(results: readonly Result[]): string[] {
  return linesOf(results)
}

export function writeTable(results: readonly Result[]): void {
  const text = readFileSync(path, 'utf8')
  const lines = [
    '| application | Drizzle | Kysely | what had to be said or done, or why not |',
    '| --- | --- | --- | --- |',
    ...linesOf(results),
  ]
  const before = text.slice(0, text.indexOf(start) + start.length)
  writeFileSync(path, `${before}\n\n${lines.join('\n')}\n\n${text.slice(text.indexOf(end))}`)
}
