/**
 * Rules that hold for every option, whichever feature declares it; and mistakes that people make,
 * each followed by what its message says to write.
 */
import { describe, expect, test } from 'vitest'
import { sections } from '../scripts/option-sections.ts'
import type { Option } from '../src/options/option.ts'

const options = Object.entries(sections).flatMap(([section, { options: declared }]) =>
  Object.entries(declared as Readonly<Record<string, Option<unknown>>>).map(
    ([name, option]) => [`${section}.${name}`, option] as const,
  ),
)

const plain = options.filter(([, { inside }]) => inside === undefined)
const numbers = plain.filter(([, { wanted }]) => wanted.startsWith('a whole number'))

/** What a message tells to write, as a value: after `such as`. */
function advice(message: string): unknown {
  const [, code] = /such as (.+?)(?:, or null.*)?$/s.exec(message) ?? []
  if (code === undefined) return undefined
  return new Function(`return (${code.replaceAll('…', 'true')})`)()
}

describe('Every option', () => {
  test.each(options)('%s has its default where it is undefined', (path, option) => {
    const { problems } = option.leftOut(path)
    if (option.defaultText === 'required') expect(problems).toHaveLength(1)
    else if (path.startsWith('rateLimits.')) expect(problems).toHaveLength(1)
    else expect(problems).toEqual([])
  })

  test.each(plain)('%s refuses what it cannot be, and says its name', (path, option) => {
    const strange = [Number.NaN, Symbol('x'), [[]], { a: { b: 1 } }, -1.5]
    const told = strange.flatMap((value) => option.judge(value, path).problems)
    expect(told.length).toBeGreaterThan(0)
    for (const problem of told) expect(problem).toContain(path.split('.').at(-1))
  })

  test.each(plain.filter(([, { wanted }]) => wanted.includes('such as')))(
    '%s takes what its message says to write',
    (path, option) => {
      const [problem = ''] = option.judge(Symbol('wrong'), path).problems
      expect(option.judge(advice(problem), path).problems).toEqual([])
    },
  )
})

describe('Every number among the options', () => {
  test.each(numbers)('%s has a floor and a ceiling', (path, option) => {
    for (const wrong of [1e15, -1, 1.5, '5', Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(option.judge(wrong, path).problems, String(wrong)).toHaveLength(1)
    }
  })

  test('of which many are durations, is in one unit that its message names', () => {
    const durations = numbers.filter(([, { wanted }]) => / of (milli)?seconds/.test(wanted))
    expect(durations.length).toBeGreaterThan(15)
    for (const [path, { wanted }] of durations) {
      expect(/Ms$/.test(path)).toBe(wanted.includes('milliseconds'))
      expect(path).not.toMatch(/(Seconds|Minutes|Hours|Days)$/)
    }
  })
})
