/**
 * The passwords that are tried first: a list, and patterns that a list need not spell out.
 */
import { commonPasswordText } from './common-passwords-list.ts'
import { fold } from './fold.ts'

/** Whether a password is among them, whatever its case and its Unicode form. */
export function commonPasswords(): (password: string) => boolean {
  const listed = new Set(commonPasswordText.trim().split(/\s+/))
  return (password) => {
    const folded = fold(password)
    return listed.has(folded) || isPattern(folded)
  }
}

/** Up to four characters over and over, or a date of 1900 to 2099 in eight digits. */
export function isPattern(password: string): boolean {
  return repetition.test(password) || date.test(password)
}

const repetition = /^(.{1,4})\1+$/su

/** Day, month and year in any order that somebody writes. */
const date = (() => {
  const day = '(?:0[1-9]|[12]\\d|3[01])'
  const month = '(?:0[1-9]|1[0-2])'
  const year = '(?:19|20)\\d\\d'
  return new RegExp(`^(?:${day}${month}${year}|${month}${day}${year}|${year}${month}${day})$`)
})()
