/** The same as in `hs256.test.ts`, with as many tokens as take a while. */
import { expect, test } from 'vitest'
import { compareWithJose } from './mutated-tokens.ts'

test('none of a hundred thousand mutated tokens is valid that jose refuses', async () => {
  const { valid, expired, invalid } = await compareWithJose(100_000, 2)
  expect(Math.min(valid, expired * 10, invalid)).toBeGreaterThan(5000)
}, 120_000)
