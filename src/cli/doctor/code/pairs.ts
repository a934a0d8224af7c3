/** A property and its value, as they stand in an object. */
import { identifier, type Orm, propertyOf } from '../orm.ts'
import { quoteText } from '../quote.ts'

export function pairOf(orm: Orm, column: string, code: string): string {
  const property = propertyOf(orm, column)
  return `${identifier(property) === property ? property : quoteText(property)}: ${code}`
}
