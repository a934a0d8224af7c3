/** What benchmarks write into a page: everything between two comments. */

/**
 * The page with another text between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error where the comments are missing.
 */
export function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n${text.trim()}\n${page.slice(to)}`
}
