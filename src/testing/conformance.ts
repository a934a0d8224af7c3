/**
 * What the conformance kits share: cases that any test runner can run.
 */

/** One thing that must hold of an adapter. `run` rejects when it does not. */
export interface ConformanceCase {
  readonly name: string
  run(): Promise<void>
}

/** @throws Error with this message when the condition does not hold. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** @throws Error showing both, when the two are not the same data. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [show(actual), show(expected)]
  expect(found === wanted, `${what}: expected ${wanted}, found ${found}`)
}

/** @throws Error when the work does not reject; returns what it rejected with. */
export async function expectRejection(work: Promise<unknown>, what: string): Promise<unknown> {
  const settled = await work.then(
    () => null,
    (error: unknown) => ({ error }),
  )
  expect(settled !== null, `${what}: expected a rejection`)
  return settled.error
}

/** `count` calls, all started before any has ended. */
export function atOnce<Value>(
  count: number,
  call: (n: number) => Promise<Value>,
): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => call(n)))
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ??
    String(value)
  )
}
