/**
 * The name that somebody probably meant.
 */

/** ` did you mean '…'?` where one of the names is near, nothing otherwise. */
export function suggestion(name: string, among: readonly string[]): string {
  // Whoever adds the unit (`graceSeconds`, `window_ms`) means the name before it.
  const bare = (one: string) =>
    one
      .toLowerCase()
      .replaceAll(/[_-]/g, '')
      .replace(/(?<=.)(milliseconds?|seconds?|secs?|ms)$/, '')
  const [nearest] = among
    .map((one) => ({ one, steps: distance(bare(one), bare(name)) }))
    .filter(({ one, steps }) => steps <= Math.ceil(one.length / 4))
    .sort((a, b) => a.steps - b.steps)
  return nearest === undefined ? '' : ` did you mean '${nearest.one}'?`
}

/** How many letters must be added, dropped or replaced to get from one text to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
