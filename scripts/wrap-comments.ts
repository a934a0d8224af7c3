/**
 * Wraps the paragraphs of comments that are wider than the page; everything else stays as it is.
 * Tables, code in fences and lines that are one word are not prose, and are left alone.
 */
import type { Comment } from 'oxc-parser'

interface Paragraph {
  readonly lines: string[]
  readonly isProse: boolean
}

/** The source with its wide comments wrapped. `comments` are those of this very source. */
export function wrapComments(source: string, comments: readonly Comment[], width: number): string {
  let wrapped = source
  for (const group of groupsOf(source, comments).reverse()) {
    const text = source.slice(group.start, group.end)
    const isWide = (line: string, index: number) =>
      (index === 0 ? group.indent.length : 0) + [...line].length > width
    // A notice, which begins with `!`, is kept as it is.
    if (text.startsWith('/*!') || !text.split('\n').some(isWide)) continue
    const lines = group.isBlock ? blockLines(text) : lineTexts(text)
    const room = width - group.indent.length - 3
    const body = paragraphsOf(lines).flatMap((one) => fitted(one, room))
    const mark = group.isBlock ? ' *' : '//'
    const written = body.map((line) => `${mark} ${line}`.trimEnd())
    const whole = group.isBlock
      ? [text.startsWith('/**') ? '/**' : '/*', ...written, ' */']
      : written
    wrapped =
      wrapped.slice(0, group.start) + whole.join(`\n${group.indent}`) + wrapped.slice(group.end)
  }
  return wrapped
}

interface Group {
  readonly start: number
  readonly end: number
  readonly indent: string
  readonly isBlock: boolean
}

/** Comments that have their lines to themselves; line comments that follow each other are one. */
function groupsOf(source: string, comments: readonly Comment[]): Group[] {
  const groups: Group[] = []
  for (const { type, start, end } of comments) {
    const indent = source.slice(source.lastIndexOf('\n', start - 1) + 1, start)
    const after = source.slice(end, source.indexOf('\n', end))
    if (indent.trim() !== '' || after.trim() !== '') continue
    const isBlock = type === 'Block'
    const last = groups.at(-1)
    const isNext = last && !last.isBlock && source.slice(last.end, start) === `\n${indent}`
    if (!isBlock && isNext) groups[groups.length - 1] = { ...last, end }
    else groups.push({ start, end, indent, isBlock })
  }
  return groups
}

function blockLines(text: string): string[] {
  const inner = text.replace(/^\/\*\*?/, '').replace(/\*\/$/, '')
  const lines = inner.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
  if (lines[0] === '') lines.shift()
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function lineTexts(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/^\s*\/\/ ?/, ''))
}

function paragraphsOf(lines: readonly string[]): Paragraph[] {
  const paragraphs: Paragraph[] = []
  let isFenced = false
  for (const line of lines) {
    const isFence = line.startsWith('```')
    const isProse =
      !isFenced && !isFence && line !== '' && !/^(?:\||biome-ignore|`[^`]*`$)/.test(line)
    if (isFence) isFenced = !isFenced
    const last = paragraphs.at(-1)
    const begins = !last?.isProse || !isProse || /^(?:@|- )/.test(line)
    if (begins) paragraphs.push({ lines: [line], isProse })
    else last.lines.push(line)
  }
  return paragraphs
}

function fitted({ lines, isProse }: Paragraph, room: number): readonly string[] {
  if (!isProse || lines.every((line) => [...line].length <= room)) return lines
  const hanging = /^(?:@|- )/.test(lines[0] ?? '') ? '  ' : ''
  const fitted: string[] = []
  let line = ''
  for (const word of lines.flatMap((one) => one.split(/\s+/)).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line.trim() === '' || [...longer].length <= room) {
      line = longer
      continue
    }
    fitted.push(line)
    line = hanging + word
  }
  return [...fitted, line]
}
