/** Medians, and a line of the report. */

/** The median of many runs, in microseconds. */
export async function median(run: () => Promise<unknown>, times = 400): Promise<number> {
  const taken: number[] = []
  for (let n = 0; n < times; n++) {
    const start = process.hrtime.bigint()
    await run()
    taken.push(Number(process.hrtime.bigint() - start) / 1000)
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0
}

/** Runs `work` for each number below `count`, some at once. */
export async function forEach(
  count: number,
  atOnce: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let n = next++; n < count; n = next++) await work(n)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

export function line(name: string, ours: string, bare: string, ratio: number): void {
  console.log(
    `  ${name.padEnd(34)} ${ours.padEnd(14)} ${bare.padEnd(22)} ratio ${ratio.toFixed(2)}`,
  )
}
