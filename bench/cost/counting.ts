/**
 * One process that counts what the handlers of one subject make, so that no other is in its heap.
 */
import { type Counts, countsOf } from './counts.ts'
import { type SubjectName, subjects } from './subjects.ts'

const subject = await subjects[process.argv[2] as SubjectName]()
const counts: Record<string, Counts> = {}
for (const [name, app] of Object.entries(subject.apps)) {
  counts[name] = await countsOf(app, subject.headers)
}
process.send?.(counts, async () => {
  await subject.close()
  process.exit()
})
