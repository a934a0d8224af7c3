/**
 * Texts that somebody chose and somebody else reads: labels, names, what goes into a message.
 *
 * Marks of direction turn a text around, so that it can be made to look like another, and controls
 * can end a line. Joiners stay: scripts and emoji are written with them.
 */

/** Controls, ends of lines, and marks that change the direction of what follows (UAX #9). */
const tricks = '\\p{Cc}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069'

const trick = new RegExp(`(?!\\n)[${tricks}]`, 'gu')

/** The same and the single marks of direction, which nobody needs in a short label. */
const inLabel = new RegExp(`[${tricks}\\u061c\\u200e\\u200f]`, 'u')

/** Whether a text may be the label of something, such as an API key: one line that can be seen. */
export function isLabel(text: string): boolean {
  return text.isWellFormed() && !inLabel.test(text) && /[^\s\p{C}\p{DI}]/u.test(text)
}

/** A text as a message may show it, whoever wrote it. Keeps ends of lines. */
export function printable(text: string): string {
  return text.replaceAll(trick, '')
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, ' ')).trim()
}

/** The same in HTML: for text, and for attributes in quotes. */
export function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Puts values into texts, in the place of their names in braces. Other braces stay. */
export function filler(values: Readonly<Record<string, string>>): (text: string) => string {
  return (text) =>
    text.replace(/\{(\w+)\}/g, (all, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? all) : all,
    )
}
