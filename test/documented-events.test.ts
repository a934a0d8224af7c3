/**
 * What operators look up: every event and every warning is on a page.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../docs')
const read = (file: string) => readFileSync(join(docs, file), 'utf8')
const pages = readdirSync(docs).filter((file) => file.endsWith('.md'))
const declared = readFileSync(join(import.meta.dirname, '../src/events.ts'), 'utf8')

test('every event is named in the documentation', () => {
  const names = new Set([...declared.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, name]) => name))
  const text = pages.map(read).join('\n')
  expect(names.size).toBeGreaterThan(40)
  expect([...names].filter((name) => !text.includes(`\`${name}\``))).toEqual([])
})

test('every warning is in the table that says what to write', () => {
  const [, union = ''] =
    /name: 'warning'\s+readonly code:\s+((?:\| '\w+'\s+)+)/.exec(declared) ?? []
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(9)
  const page = read('configuration.md')
  expect(codes.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([])
})
