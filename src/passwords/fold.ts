/** One spelling for all that a person would take for the same password or name. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC')
}
