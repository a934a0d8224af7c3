/**
 * The messages for values that fail validation. They are ours, so that they read like the messages
 * of the other rules even where the application has set another language in zod.
 */
import type * as z from 'zod'

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** For schemas of the library's own; a message that a schema brings is kept. */
export const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'Is required.'
      const kind = kinds[issue.expected]
      return kind ? `Must be ${kind}.` : notValid
    }
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'Must not be empty.'
      return `Must ${bound(issue.origin, `at least ${issue.minimum}`)}.`
    case 'too_big':
      return `Must ${bound(issue.origin, `at most ${issue.maximum}`)}.`
    case 'invalid_value':
      return `Must be one of: ${issue.values.map(String).join(', ')}.`
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'Must be a date and a time with its zone, such as 2030-01-31T12:00:00Z.'
        : notValid
    default:
      return notValid
  }
}

const notValid = 'Is not valid.'

function bound(origin: string, amount: string): string {
  return origin === 'string' ? `have ${amount} characters` : `be ${amount}`
}
