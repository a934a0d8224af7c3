/**
 * What a live session weighs: the text that every storage keeps of it, and what it takes in memory.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { memoryStorage } from 'crudauth'
import { expect, test } from 'vitest'
import { world } from './support/world.ts'

test('the text of a session has at most 150 characters, each one byte', async () => {
  const inner = memoryStorage()
  const texts: string[] = []
  const set = inner.set.bind(inner)
  inner.set = async (key, text, ttl) => {
    if (key.includes(':session:')) texts.push(text)
    return set(key, text, ttl)
  }
  const { member, loggedIn } = world({ storage: inner })
  await loggedIn(await member(), {
    peer: '203.0.113.107',
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  })
  expect(texts).toHaveLength(1)
  expect(Buffer.byteLength(texts[0] ?? '')).toBeLessThanOrEqual(150)
})

const program = join(import.meta.dirname, 'support/session-weight.ts')

test.each([
  ['one each', 20_000],
  ['two each', 10_000],
  ['five each', 4000],
  ['twenty each', 1000],
  ['two hundred each', 100],
] as const)('in memory a session takes at most 500 bytes, of users who have %s', (_, users) => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', program, '20000', String(users)],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(Number(stdout)).toBeGreaterThan(100)
  expect(Number(stdout)).toBeLessThanOrEqual(500)
})
