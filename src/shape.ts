/**
 * Whether options have the shape that they are documented to have.
 *
 * The compiler says so where there is one. Without it a misspelt option would be no option, and what
 * it was to protect would stand open: so unknown names and wrong types are problems.
 */

/** What an option may be, and how to say so. */
export interface Kind {
  /** As in "must be …". */
  readonly wanted: string
  is(value: unknown): boolean
}

/** One kind for every option. */
export type Shape<Options> = { readonly [Option in keyof Required<Options>]: Kind }

/** The same, of any options. */
export type Kinds = Readonly<Record<string, Kind>>

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown) => typeof value === 'string'
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

/** Judged elsewhere, with more to say than its type. */
export const anything: Kind = { wanted: 'given', is: () => true }
export const flag: Kind = { wanted: 'true or false', is: (value) => typeof value === 'boolean' }
export const number: Kind = { wanted: 'a number', is: (value) => typeof value === 'number' }
export const text: Kind = { wanted: 'a text', is: isText }
export const texts: Kind = { wanted: 'a list of texts', is: isTexts }
export const textOrTexts: Kind = {
  wanted: 'a text or a list of texts',
  is: (value) => isText(value) || isTexts(value),
}
export const list: Kind = { wanted: 'a list', is: Array.isArray }
export const object: Kind = { wanted: 'an object', is: isObject }
export const callback: Kind = { wanted: 'a function', is: (value) => typeof value === 'function' }

export function orNull({ wanted, is }: Kind): Kind {
  return { wanted: `${wanted}, or null`, is: (value) => value === null || is(value) }
}

/**
 * What is wrong with the shape of options, one sentence each.
 *
 * @param option What the options are an option of, such as `session`; empty at the top.
 */
export function shapeProblems(option: string, given: unknown, shape: Kinds): string[] {
  if (!isObject(given)) return [`${option || 'the configuration'} must be an object of options`]
  const known = Object.keys(shape)
  const problems: string[] = []
  // What an object inherits is read, too.
  for (const name in given as object) {
    const path = option === '' ? name : `${option}.${name}`
    const kind = Object.hasOwn(shape, name) ? shape[name] : undefined
    const value = (given as Readonly<Record<string, unknown>>)[name]
    if (kind === undefined) {
      problems.push(
        `${path} is not an option;${suggestion(name, known)} the options are: ${known.join(', ')}`,
      )
    } else if (value !== undefined && !kind.is(value)) {
      problems.push(`${path} must be ${kind.wanted}`)
    }
  }
  return problems
}

/** ` did you mean '…'?` where one of the names is near, nothing otherwise. */
export function suggestion(name: string, among: readonly string[]): string {
  const bare = (one: string) => one.toLowerCase().replaceAll(/[_-]/g, '')
  const [nearest] = among
    .map((one) => ({ one, steps: distance(bare(one), bare(name)) }))
    .filter(({ one, steps }) => steps <= Math.ceil(one.length / 4))
    .sort((a, b) => a.steps - b.steps)
  return nearest === undefined ? '' : ` did you mean '${nearest.one}'?`
}

/** How many letters must be added, dropped or replaced to get from one text to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** Options over their defaults. One that is `undefined`, as a variable of the environment may be, is left out. */
export function withDefaults<Settings extends object>(
  defaults: Settings,
  options: { readonly [Option in keyof Settings]?: Settings[Option] | undefined },
): Settings {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}

/** A hundred years: further than any lifetime, and near enough for every date. */
export const maxSeconds: number = 100 * 365.25 * 86_400
