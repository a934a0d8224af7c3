/**
 * Options that are durations: whole seconds, but for time limits of one operation, whose names end
 * in `Ms`. What was meant in another unit is told wherever it can be known.
 */
import { type Bounds, type Option, whole } from './option.ts'

/** The longest that browsers keep a cookie (RFC 6265bis §5.5): no login lasts longer. */
export const maxLoginSeconds: number = 400 * 86_400

/** A hundred years: further than any lifetime, and near enough for every date. */
export const maxSeconds: number = 100 * 365.25 * 86_400

/**
 * A duration. All durations in options are whole seconds, and all have a ceiling. Below it, what
 * can only be milliseconds is told, too.
 */
export function seconds(fallback: number, bounds: Bounds = {}): Option<number> {
  const { min = 1, max = maxLoginSeconds } = bounds
  const option = whole(fallback, { ...bounds, max }, 'seconds', (given) => secondsMeant(given, max))
  return {
    ...option,
    judge(given, path) {
      const judged = option.judge(given, path)
      if (judged.problems.length > 0) return judged
      const told = millisecondsMeant(judged.value, min)
      return { ...judged, problems: told === null ? [] : [`${path} ${told}`] }
    },
  }
}

/**
 * Nobody means 60000 seconds, which are 16 hours and 40 minutes; and everybody who writes 60000 in
 * a place for seconds means milliseconds. The line: whole thousands from 10000 on that are neither
 * whole quarters of an hour, nor, from a day on, whole hours, nor, from ten days on, whole days.
 */
function millisecondsMeant(given: number, min: number): string | null {
  const unit = given < 86_400 ? 900 : given < 864_000 ? 3600 : 86_400
  if (given < 10_000 || given % 1000 !== 0 || given % unit === 0 || given / 1000 < min) return null
  const round = Math.round(given / unit) * unit
  return `is ${given} seconds, ${spoken(given)}; write ${given / 1000} if you mean ${given} milliseconds, or else ${round} (${spoken(round)})`
}

function spoken(total: number): string {
  const minutes = Math.round(total / 60)
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor((minutes % 1440) / 60), 'h'],
    [minutes % 60, 'min'],
  ] as const
  return parts.flatMap(([amount, unit]) => (amount === 0 ? [] : [`${amount} ${unit}`])).join(' ')
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** The seconds that were meant by a text such as '15m', or by a number of milliseconds. */
function secondsMeant(given: unknown, max: number): string {
  const [, amount = '', unit = ''] = /^(\d{1,9}) ?([smhd])$/.exec(String(given)) ?? []
  if (amount !== '') return `; '${amount}${unit}' is ${Number(amount) * (unitSeconds[unit] ?? 1)}`
  const isFit = Number.isSafeInteger(given) && Number(given) > max && Number(given) / 1000 <= max
  return isFit ? `; ${given} milliseconds are ${Number(given) / 1000} seconds` : ''
}

/**
 * A time limit for one operation. Less than 10 ms is no time for a network, and was meant in
 * seconds.
 */
export function timeout(
  fallback: number,
  { min = 10, max = 600_000 }: Bounds = {},
): Option<number> {
  return whole(fallback, { min, max }, 'milliseconds', (given) => {
    if (!Number.isSafeInteger(given)) return ''
    const meant = Number(given) * 1000
    const isFit = meant > 0 && Number(given) < min && meant <= max
    return isFit ? `; ${given} seconds are ${meant} milliseconds` : ''
  })
}
