/**
 * The tables that were tried, as docs/tables.md lists them: the page says what the suite expects,
 * and how far each table went is what its run wrote.
 */
import { expect, test } from 'vitest'
import { expectations } from './tables/expectations.ts'
import { type Orm, partIn, partOf, type Result, readPage } from './tables/results.ts'

const page = readPage()
const orms: readonly Orm[] = ['drizzle', 'kysely', 'prisma']
const everyWay = (way: Result['way']): Result[] =>
  expectations.flatMap(({ name }) => orms.map((orm) => ({ name, orm, way })))

test('what is not the outcome of a run is what the expectations say, byte by byte', () => {
  expect(partIn(page)).toBe(partOf(page, [], []))
})

test('every table was tried, and went as far as it can', () => {
  const rows = partIn(page).trim().split('\n').slice(2)
  expect(rows).toHaveLength(expectations.length)
  for (const row of rows) expect(row).toMatch(/^\| .+ \|(?: (?:yes|no|not tried) \|){3} .*\|$/)
})

test('a run of all query builders writes every byte', () => {
  const empty = page.replace(partIn(page), ' somebody wrote this by hand ')
  const [whole, failed] = [everyWay('whole'), everyWay('failed')].map((results) =>
    partOf(empty, results, orms),
  )
  expect(whole).not.toContain('by hand')
  expect(whole).not.toContain('**failed**')
  expect(failed?.match(/\*\*failed\*\*/g)?.length).toBeGreaterThan(2 * expectations.length)
})

test('a run leaves the cells of the others, and a way that is missing has failed', () => {
  const [, first] = partOf(page, [], ['drizzle', 'kysely'])
    .trim()
    .split(/\n(?=\| An)/)
  const [, before] = partIn(page)
    .trim()
    .split(/\n(?=\| An)/)
  const cells = (text: string | undefined) => text?.split('\n')[0]?.split(' | ') ?? []
  expect(cells(first).slice(1, 3)).toEqual(['**failed**', '**failed**'])
  expect(cells(first)[3]).toBe(cells(before)[3])
})

test('a run of some tables writes their cells only', () => {
  const part = partOf(page, [], ['drizzle', 'kysely'], ({ name }) => name === 'Django')
  const lines = (text: string) => text.split('\n').filter((line) => !line.startsWith('| Django |'))
  expect(lines(part)).toEqual(lines(partIn(page)))
  expect(part).toContain('| Django | **failed** | **failed** | yes |')
})
