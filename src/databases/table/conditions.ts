/**
 * Whether one condition on rows implies another, for unique indexes that cover some rows only: one
 * covers ours when every row that meets `where` meets the index's condition.
 *
 * Conditions are read as text, whoever wrote it: `deleted_at IS NULL`, `isNull(users.deletedAt)`,
 * `NOT deleted` and `"deleted" = false`. They are taken apart at `and`; what is not understood is
 * compared as it stands, without its quotes, casts and spaces.
 */

/** Parts that all hold, each in one spelling. */
export type Condition = ReadonlySet<string>

/** @param text An expression of SQL; values are written out. */
export function conditionOf(text: string): Condition {
  return new Set(parts(plain(text)).map(spelled))
}

/**
 * @param where What every row of ours meets; `null` for nothing.
 * @param column The column that is to be unique: nobody is looked up by `null` in it.
 */
export function isImplied(index: Condition, where: Condition | null, column: string): boolean {
  return [...index].every((part) => where?.has(part) || part === `${plain(column)} is not null`)
}

/** Lower case outside of texts; no quotes around names, no casts, no table before a column. */
function plain(text: string): string {
  return text
    .split(/('(?:[^']|'')*')/)
    .map((part, index) => (index % 2 === 1 ? part : bare(part)))
    .join('')
    .replace(/\s+/g, ' ')
    .trim()
}

function bare(part: string): string {
  return part
    .replace(
      /::\s*(?:"[^"]*"|[a-z]\w*)(?:\s+(?:varying|precision|(?:without|with) time zone))?(?:\(\d+\))?(?:\[\])?/gi,
      '',
    )
    .replace(/["`]/g, '')
    .replace(/\b[a-z_$][\w$]*\.(?=[a-z_$])/gi, '')
    .toLowerCase()
}

function parts(text: string): string[] {
  const inner = withoutParentheses(text)
  const found: string[] = []
  let [depth, start, isQuoted] = [0, 0, false]
  for (let at = 0; at < inner.length; at++) {
    const character = inner[at]
    if (character === "'") isQuoted = !isQuoted
    if (isQuoted) continue
    if (character === '(') depth++
    if (character === ')') depth--
    if (depth === 0 && /^ and /.test(inner.slice(at, at + 5))) {
      found.push(inner.slice(start, at))
      start = at + 5
    }
  }
  if (found.length === 0) return [inner]
  return [...found, inner.slice(start)].flatMap(parts)
}

/** Without parentheses around the whole. */
function withoutParentheses(text: string): string {
  let inner = text.trim()
  while (inner.startsWith('(') && closes(inner) === inner.length - 1) {
    inner = inner.slice(1, -1).trim()
  }
  return inner
}

/** Where the parenthesis at the start is closed. */
function closes(text: string): number {
  let [depth, isQuoted] = [0, false]
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "'") isQuoted = !isQuoted
    if (isQuoted) continue
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  return -1
}

const name = '([a-z_$][\\w$ ]*?)'

/** One spelling of a part. */
function spelled(part: string): string {
  const text = part.replace(/\(([\w$]+)\)/g, '$1').trim()
  const truth = new RegExp(`^${name} ?(?:=|is) ?(true|false|1|0|'t'|'f'|'1'|'0')$`).exec(text)
  if (truth) return `${truth[1]} = ${/true|1|'t'/.test(truth[2] ?? '') ? 1 : 0}`
  const negated = new RegExp(`^not ${name}$`).exec(text)
  if (negated) return `${negated[1]} = 0`
  const different = new RegExp(`^${name} ?(?:<>|!=) ?(true|false|1|0)$`).exec(text)
  // Of two values; a column of numbers that is not 0 may be 2, which no flag is.
  if (different && /true|false/.test(different[2] ?? '')) {
    return `${different[1]} = ${different[2] === 'true' ? 0 : 1}`
  }
  if (/^[a-z_$][\w$]*$/.test(text)) return `${text} = 1`
  return text.replace(/ ?(=|<>|!=|<=|>=|<|>) ?/g, ' $1 ')
}
