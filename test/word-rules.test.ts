import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Runs a script over these files; `files` are what is there afterwards. */
function run(script: string, given: Readonly<Record<string, string>>, ...options: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-words-'))
  for (const [file, source] of Object.entries(given)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), source)
  }
  const args = [`scripts/${script}`, folder, ...options]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const files = Object.keys(given).map((file) => [file, readFileSync(join(folder, file), 'utf8')])
  rmSync(folder, { recursive: true })
  return {
    status,
    offences: stderr.split('\n').filter(Boolean),
    files: Object.fromEntries(files) as Record<string, string>,
  }
}

describe('the rule for comments', () => {
  const words = 'word '.repeat(30).trim()

  test('names the comment that is too wide, and wraps it when told to', () => {
    const source = `/** ${words} */\nexport const one = 1\n`
    expect(run('check-comments.ts', { 'src/a.ts': source })).toMatchObject({
      status: 1,
      offences: ['src/a.ts:1 has 156 columns; a comment has at most 100'],
    })
    const { status, files } = run('check-comments.ts', { 'src/a.ts': source }, '--write')
    expect(status).toBe(0)
    expect(files['src/a.ts']).toBe(
      `/**\n * ${'word '.repeat(19).trim()}\n * ${'word '.repeat(11).trim()}\n */\nexport const one = 1\n`,
    )
  })

  test('leaves code, tables and links in comments as they are', () => {
    const source = [
      '/**',
      ` * | ${words} |`,
      ' *',
      ' * ```ts',
      ` * ${words}`,
      ' * ```',
      ` * https://example.com/${'a'.repeat(100)}`,
      ' */',
      'export const one = 1',
      '',
    ].join('\n')
    expect(run('check-comments.ts', { 'src/a.ts': source }, '--write').files['src/a.ts']).toBe(
      source,
    )
  })

  test('names what points at a document that nobody has', () => {
    const { offences } = run('check-comments.ts', {
      'src/a.ts': '// As the contract has it.\n\n// See §7.\n\n// Fixes Q12.\n',
      'src/b.ts':
        '// RFC 9110 §9.2.1, NIST SP 800-63B-4 §3.1.1.2, and every sentence of its contract.\n',
      'test/a.test.ts': "test('Q1: works', () => {})\n",
      'docs/a.md': 'the contract’s rule\n',
    })
    expect(offences.map((offence) => offence.split(' says ')[0])).toEqual([
      'src/a.ts:1',
      'src/a.ts:3',
      'src/a.ts:5',
      'test/a.test.ts:1',
      'docs/a.md:1',
    ])
  })
})

describe('the rule for exports', () => {
  const manifest = JSON.stringify({
    exports: { '.': { default: './dist/index.js' }, './package.json': './package.json' },
  })

  test('names an export without a sentence, and a function without an example', () => {
    const { status, offences } = run('check-exports.ts', {
      'package.json': manifest,
      'src/index.ts': [
        '/** This is the module. */\n',
        "export { make as create, type Shape } from './made.ts'",
        "export * from './others.ts'",
      ].join('\n'),
      'src/made.ts': '/** Makes one. */\nexport function make() {}\nexport interface Shape {}\n',
      'src/others.ts': '/** @throws Error */\nexport const told = 1\n',
    })
    expect(status).toBe(1)
    expect(offences).toEqual([
      'src/made.ts: create has no @example (crudauth)',
      'src/made.ts: Shape has no sentence (crudauth)',
      'src/others.ts: told has no sentence (crudauth)',
    ])
  })

  test('is content with a sentence and an example', () => {
    const made = '/**\n * Makes one.\n *\n * @example\n * make()\n */\nexport function make() {}\n'
    const files = { 'package.json': manifest, 'src/index.ts': made }
    expect(run('check-exports.ts', files)).toMatchObject({ status: 0, offences: [] })
  })
})
