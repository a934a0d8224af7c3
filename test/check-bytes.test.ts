/**
 * What a check allocates above the same written by hand, in bytes, once it is compiled for good.
 */
import { expect, test } from 'vitest'
import { countsOf } from '../bench/cost/counts.ts'
import { type SubjectName, subjects } from '../bench/cost/subjects.ts'

test.each([
  ['session, memory', 6000],
  ['bearer', 5000],
  // Two queries.
  ['API key', 6000],
] as const)(
  'A check of %s allocates at most %i bytes more than by hand',
  async (name, bound) => {
    const { apps, headers, close } = await subjects[name as SubjectName]()
    try {
      const allocated = async (app: string) =>
        (await countsOf(apps[app] as NonNullable<(typeof apps)[string]>, headers)).bytes
      expect((await allocated('crudauth')) - (await allocated('by hand'))).toBeLessThanOrEqual(
        bound,
      )
    } finally {
      await close()
    }
  },
  120_000,
)
