/**
 * The kinds of option: what a value must be, what stands in for one that is left out, and how both
 * are told.
 *
 * An option is declared once, by one of these. The settings, every message and the configuration
 * reference come from that declaration.
 */

/** What became of a value: the setting, and what is wrong with the value, one sentence each. */
export interface Judged<Value> {
  /** The default where the value is wrong, so that the rest can be judged all the same. */
  readonly value: Value
  readonly problems: readonly string[]
}

export interface Option<Value> {
  /** Completes "must be …": what it is, in its unit, within its bounds, and an example. */
  readonly wanted: string
  /** For the configuration reference, as somebody would write it. */
  readonly defaultText: string
  /** For the reference: bounds and unit, or the values there are; empty where nothing is to say. */
  readonly range: string
  /** The options inside, where the option is a group of them. */
  readonly inside?: { readonly options: Readonly<Record<string, Option<unknown>>> }
  /** Whether `undefined` is a mistake rather than the default, see `condition`. */
  readonly isCondition?: boolean
  /** Of a value that was given; `undefined` never gets here. */
  judge(given: unknown, path: string): Judged<Value>
  /** What stands in for a value that is left out or `undefined`. */
  leftOut(path: string): Judged<Value>
}

/** An option whose value is judged by a predicate and then taken as it is. */
interface Plain<Value> {
  readonly wanted: string
  readonly range?: string
  readonly fallback: Value
  readonly defaultText?: string
  /** `true`, or a sentence's end that says more than `wanted` does. */
  is(given: unknown): boolean
  /** What to add to the message for this value, such as what to write instead. */
  readonly hint?: ((given: unknown) => string) | undefined
}

function plain<Value>({ wanted, range = '', fallback, is, hint, ...rest }: Plain<Value>) {
  const option: Option<Value> = {
    wanted,
    range,
    defaultText: rest.defaultText ?? textOf(fallback),
    judge(given, path) {
      if (is(given)) return { value: given as Value, problems: [] }
      return { value: fallback, problems: [`${path} must be ${wanted}${hint?.(given) ?? ''}`] }
    },
    leftOut: () => ({ value: fallback, problems: [] }),
  }
  return option
}

function textOf(value: unknown): string {
  if (value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ')
  return typeof value === 'string' ? `'${value}'` : String(value)
}

export interface Bounds {
  readonly min?: number
  readonly max?: number
  /** A value to write in the message. Default: the default, or the least. */
  readonly such?: number
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A whole number within bounds; of `unit`, where it has one. `hint` ends the message with what was
 * meant.
 */
export function whole(
  fallback: number,
  bounds: Bounds = {},
  unit = '',
  hint?: (given: unknown) => string,
): Option<number> {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, such = fallback } = bounds
  const days = unit === 'seconds' && max > 86_400 && max % 86_400 === 0 ? max / 86_400 : null
  const between = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`
  const inDays = days === null ? '' : ` (${days} days)`
  return plain({
    wanted: `a whole number${unit && ` of ${unit}`}, ${between}${inDays}, such as ${such}`,
    range: `${between}${unit && ` ${unit}`}${inDays}`,
    fallback,
    is: (given) => Number.isSafeInteger(given) && Number(given) >= min && Number(given) <= max,
    hint,
  })
}

/** Another option, or `null`, which means something of its own. */
export function orNull<Value>(
  option: Option<Value>,
  { meaning, fallback }: { readonly meaning: string; readonly fallback?: null },
): Option<Value | null> {
  return {
    ...option,
    wanted: `${option.wanted}, or null ${meaning}`,
    range: [option.range, `null ${meaning}`].filter(Boolean).join('; '),
    defaultText: fallback === null ? 'null' : option.defaultText,
    judge(given, path) {
      if (given === null) return { value: null, problems: [] }
      const judged = option.judge(given, path)
      const problems = judged.problems.map((problem) => `${problem}, or null ${meaning}`)
      return { value: judged.value, problems }
    },
    leftOut: (path) => (fallback === null ? { value: null, problems: [] } : option.leftOut(path)),
  }
}

/** The same, and nothing where it is left out. */
export function optional<Value>(
  option: Option<Value>,
  defaultText = 'none',
): Option<Value | undefined> {
  return { ...option, defaultText, leftOut: () => ({ value: undefined, problems: [] }) }
}

/**
 * A condition on who is let in. One that is given as `undefined` (an import that came too early) is
 * a problem, since its default is to let everybody in.
 */
export function condition<Value>(option: Option<Value>): Option<Value> {
  return { ...option, isCondition: true }
}

export function flag(fallback: boolean): Option<boolean> {
  return plain({
    wanted: 'true or false',
    fallback,
    is: (given) => typeof given === 'boolean',
  })
}

export interface TextRules {
  /** What the text must match. */
  readonly pattern?: RegExp
  /** What it must be, where no pattern says it. */
  readonly is?: (text: string) => boolean
  /** Completes "must be …". Default `a text`. */
  readonly wanted?: string
}

export function text(
  fallback: string,
  { pattern, is, wanted = 'a text' }: TextRules = {},
): Option<string> {
  return plain({
    wanted,
    fallback,
    is: (given) =>
      typeof given === 'string' &&
      (pattern === undefined || pattern.test(given)) &&
      (is === undefined || is(given)),
  })
}

/** One of a few texts. */
export function oneOf<const Value extends string>(
  values: readonly Value[],
  fallback: Value,
  hints: Readonly<Record<string, string>> = {},
): Option<Value> {
  const listed = values.map((value) => `'${value}'`).join(' or ')
  return plain<Value>({
    wanted: listed,
    range: listed,
    fallback,
    is: (given) => values.includes(given as Value),
    hint: (given) => {
      const hint = Object.hasOwn(hints, String(given)) ? hints[String(given)] : undefined
      return hint === undefined ? '' : `: ${hint}`
    },
  })
}

/** A list whose entries are all as `is` wants them. */
export function list<Entry>(
  wanted: string,
  is: (entry: unknown) => boolean,
  fallback: readonly Entry[] = [],
): Option<readonly Entry[]> {
  return plain<readonly Entry[]>({
    wanted,
    fallback,
    is: (given) => Array.isArray(given) && given.every(is),
    hint: (given) => (is(given) && typeof given === 'string' ? `; write ['${given}']` : ''),
  })
}

export function texts(fallback: readonly string[] = [], such = 'a'): Option<readonly string[]> {
  return list(
    `a list of texts, such as ['${such}']`,
    (entry) => typeof entry === 'string',
    fallback,
  )
}

/** A function of the application's own; none where it is left out, unless `fallback` is given. */
export function callback<Value>(
  such: string,
  fallback?: Value,
  defaultText = 'none',
): Option<Value> {
  return plain<Value>({
    wanted: `a function, such as ${such}`,
    defaultText,
    fallback: fallback as Value,
    is: (given) => typeof given === 'function',
  })
}

/** An object whose content is judged elsewhere, with more to say. */
export function anObject<Value>(such: string): Option<Value | undefined> {
  return plain<Value | undefined>({
    wanted: `an object, such as ${such}`,
    fallback: undefined,
    is: isObject,
  })
}

export interface OwnRules<Value> {
  /** For the reference. */
  readonly wanted?: string
  readonly range?: string
  readonly defaultText?: string
  readonly fallback: Value
  /** What is wrong with a value, one sentence each, which begins with its path. */
  problems(given: unknown, path: string): readonly string[]
}

/** An option with rules of its own. */
export function own<Value>({
  wanted = '',
  range = '',
  fallback,
  problems,
  defaultText = textOf(fallback),
}: OwnRules<Value>): Option<Value> {
  return {
    wanted,
    range,
    defaultText,
    judge(given, path) {
      const found = problems(given, path)
      return { value: found.length === 0 ? (given as Value) : fallback, problems: found }
    },
    leftOut: () => ({ value: fallback, problems: [] }),
  }
}

/** The same, without which nothing works. */
export function required<Value>(
  missing: string,
  problems: (given: unknown, path: string) => readonly string[],
): Option<Value> {
  return {
    wanted: '',
    range: '',
    defaultText: 'required',
    judge: (given, path) => ({ value: given as Value, problems: problems(given, path) }),
    leftOut: (path) => ({
      value: undefined as Value,
      problems: [`${path} is missing; ${missing}`],
    }),
  }
}

/** Options by names of the application's choice, such as limits by action. */
export function byName<Value>(
  each: Option<Value>,
  {
    fallback,
    defaultText,
    such,
  }: { fallback: Readonly<Record<string, Value>>; defaultText: string; such: string },
): Option<Readonly<Record<string, Value>>> {
  return {
    wanted: 'an object',
    range: each.range,
    defaultText,
    judge(given, path) {
      if (!isObject(given))
        return {
          value: fallback,
          problems: [`${path} must be an object of options by name; write ${path}: ${such}`],
        }
      const judged = Object.entries(given)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, each.judge(value, `${path}.${name}`)] as const)
      return {
        value: {
          ...fallback,
          ...Object.fromEntries(judged.map(([name, { value }]) => [name, value])),
        },
        problems: judged.flatMap(([, { problems }]) => problems),
      }
    },
    leftOut: () => ({ value: fallback, problems: [] }),
  }
}
