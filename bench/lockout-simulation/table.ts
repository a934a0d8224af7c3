/** Prints rows as a Markdown table, the first of them its head. */
export function table(title: string, [head = [], ...rows]: readonly string[][]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  console.log(`\n${title}\n\n${line(head)}\n${line(head.map(() => '---'))}`)
  for (const row of rows) console.log(line(row))
}
