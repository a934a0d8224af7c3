/**
 * A group of options, declared once: read into settings, with everything that is wrong told at
 * once.
 *
 * `undefined` is the default, everywhere: a variable of the environment that is not set must not
 * switch off what its option protects. A misspelt name is a problem, for the same reason.
 */
import { ConfigurationError } from '../errors.ts'
import { suggestion } from './nearest.ts'
import type { Judged, Option } from './option.ts'

/** One option for every setting. */
export type OptionTable<Settings extends object> = {
  readonly [Name in keyof Settings]-?: Option<Settings[Name]>
}

/** What the settings of options are: all of them, each with its value or its default. */
export type Settled<Options extends object> = Readonly<Required<Options>>

/** A rule about several options at once; it is asked only when each of them is sound. */
export interface Rule<Settings> {
  readonly about: readonly (keyof Settings & string)[]
  /** What is wrong, one sentence each. */
  problems(settings: Settings, path: string): readonly string[]
}

export interface Reading<Settings> {
  /** Sound in every part: what was wrong has its default. To be used only without problems. */
  readonly settings: Settings
  readonly problems: readonly string[]
}

export interface Declaration<Settings extends object> {
  readonly options: OptionTable<Settings>
  /** @param path What the options are an option of, such as `session`; empty at the top. */
  read(given: unknown, path: string): Reading<Settings>
}

export interface DeclarationExtras<Settings extends object> {
  readonly rules?: readonly Rule<Settings>[]
  /** For a name that is no option here: where it belongs. A whole sentence's end. */
  readonly elsewhere?: Readonly<Record<string, string>>
  /** What to write, where the value is not an object at all; it may depend on the value. */
  readonly write?: string | ((given: unknown) => string)
}

export function declareOptions<Settings extends object>(
  options: OptionTable<Settings>,
  { rules = [], elsewhere = {}, write }: DeclarationExtras<Settings> = {},
): Declaration<Settings> {
  const known = Object.keys(options)
  const table = options as Readonly<Record<string, Option<unknown>>>

  function unknown(name: string, path: string): string {
    const full = joined(path, name)
    const advice = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined
    return advice === undefined
      ? `${full} is not an option;${suggestion(name, known)} the options are: ${known.join(', ')}`
      : `${full} is not an option; ${advice}`
  }

  return {
    options,
    read(given, path) {
      const isGiven = typeof given === 'object' && given !== null && !Array.isArray(given)
      const values = (isGiven ? given : {}) as Readonly<Record<string, unknown>>
      const problems: string[] = []
      if (!isGiven) {
        const written = typeof write === 'function' ? write(given) : write
        const advice = written === undefined ? '' : `; write ${written}`
        problems.push(`${path || 'the configuration'} must be an object of options${advice}`)
      }
      // What an object inherits is read, too.
      for (const name in values) {
        if (!Object.hasOwn(table, name)) problems.push(unknown(name, path))
      }
      const settings: Record<string, unknown> = {}
      const sound = new Set<string>()
      for (const [name, option] of Object.entries(table)) {
        const value = values[name]
        const judged: Judged<unknown> =
          value === undefined
            ? option.leftOut(joined(path, name))
            : option.judge(value, joined(path, name))
        settings[name] = judged.value
        if (value === undefined && option.isCondition && name in values) {
          problems.push(`${joined(path, name)} is undefined; leave it out, or give the condition`)
        }
        if (judged.problems.length === 0) sound.add(name)
        // If the group is not an object, that is the only problem reported.
        if (isGiven) problems.push(...judged.problems)
      }
      for (const { about, problems: broken } of rules) {
        if (isGiven && about.every((name) => sound.has(name))) {
          problems.push(...broken(settings as Settings, path))
        }
      }
      return { settings: settings as Settings, problems }
    },
  }
}

/**
 * The settings of a factory that reads its options by itself.
 *
 * @throws ConfigurationError that lists every problem.
 */
export function settled<Settings extends object>(
  declaration: Declaration<Settings>,
  given: unknown,
  path: string,
): Settings {
  const { settings, problems } = declaration.read(given, path)
  if (problems.length > 0) throw new ConfigurationError(problems)
  return settings
}

/** A group of options that is itself an option. */
export function group<Settings extends object>(
  declaration: Declaration<Settings>,
  { wanted = 'an object of options' }: { readonly wanted?: string } = {},
): Option<Settings> {
  const read = (given: unknown, path: string): Judged<Settings> => {
    const { settings, problems } = declaration.read(given, path)
    return { value: settings, problems }
  }
  return {
    wanted,
    range: '',
    defaultText: '',
    inside: declaration as unknown as { options: Readonly<Record<string, Option<unknown>>> },
    judge: read,
    leftOut: (path) => read({}, path),
  }
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
