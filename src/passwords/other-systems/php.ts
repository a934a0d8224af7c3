/** What PHP does to text, under its names there. */

/** These six characters, and no other white space. */
export function trim(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isTrimmed(text.charAt(start))) start++
  while (end > start && isTrimmed(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function isTrimmed(character: string): boolean {
  return ' \t\n\r\0\v'.includes(character)
}

export function addSlashes(text: string): string {
  return text.replace(/['"\\]/g, '\\$&').replaceAll('\0', '\\0')
}

/** With `ENT_COMPAT`, which leaves `'` alone. */
export function htmlSpecialChars(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
