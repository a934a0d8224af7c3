/**
 * The lists of transports and features: what is in them, what is missing, what cannot be together.
 */
import type { Company, Feature, TransportFeature } from '../feature.ts'
import { type Option, own, required } from '../options/option.ts'
import type { Transport } from '../transport.ts'

/** A transport of the library, or one of the application's own. */
export type ConfiguredTransport = TransportFeature | Transport

const write = 'write transports: [session()] (from crudauth)'

export const transportsOption: Option<readonly ConfiguredTransport[]> = listed(
  required<readonly ConfiguredTransport[]>(write, (given, path) => {
    if (!Array.isArray(given)) return [notAList(given, path)]
    const entries = present(given)
    if (entries.length === 0) return [`${path} is empty, so nobody could be recognised; ${write}`]
    return entries.flatMap((entry) => transportProblems(entry, `${path}[${given.indexOf(entry)}]`))
  }),
)

export const featuresOption: Option<readonly Feature[]> = listed(
  own<readonly Feature[]>({
    fallback: [],
    problems(given, path) {
      if (!Array.isArray(given)) return [notAList(given, path)]
      return present(given).flatMap((entry) =>
        featureProblems(entry, `${path}[${given.indexOf(entry)}]`),
      )
    },
  }),
)

/** Entries as of `isApi && bearer()`, where the condition does not hold, are left out. */
function present(given: readonly unknown[]): readonly unknown[] {
  return given.filter(Boolean)
}

function listed<Entry>(option: Option<readonly Entry[]>): Option<readonly Entry[]> {
  return {
    ...option,
    judge(given, path) {
      const { value, problems } = option.judge(given, path)
      return { value: problems.length > 0 ? [] : (present(value) as readonly Entry[]), problems }
    },
  }
}

function notAList(given: unknown, path: string): string {
  const { name } = Object(given) as Partial<Feature>
  const call = { bearer: 'bearer()', api_key: 'apiKeys(…)', sudo: 'sudo()' }[String(name)]
  return `${path} must be a list; write ${path}: [${call ?? (path === 'features' ? 'sudo()' : 'session()')}]`
}

function uncalled(entry: unknown, path: string, example: string): string | null {
  return typeof entry === 'function'
    ? `${path} is a function; call it: ${entry.name || example}()`
    : null
}

function isFeature(entry: unknown): entry is Feature {
  const { name, wire, problems } = Object(entry) as Partial<Feature>
  return typeof name === 'string' && typeof wire === 'function' && Array.isArray(problems)
}

function transportProblems(entry: unknown, path: string): readonly string[] {
  const call = uncalled(entry, path, 'session')
  if (call !== null) return [call]
  if (isFeature(entry)) {
    return 'authenticates' in entry
      ? []
      : [`${path} is ${entry.name}(), which is no transport; write features: [${entry.name}()]`]
  }
  const { name, authenticate } = Object(entry) as Partial<Transport>
  return typeof name === 'string' && typeof authenticate === 'function'
    ? []
    : [
        `${path} is no transport; write session(), bearer(), apiKeys(…) or an object with a name and authenticate()`,
      ]
}

function featureProblems(entry: unknown, path: string): readonly string[] {
  const call = uncalled(entry, path, 'sudo')
  if (call !== null) return [call]
  if (!isFeature(entry)) return [`${path} is no feature; write sudo()`]
  return 'authenticates' in entry
    ? [`${path} is ${entry.name}(), which is a transport; write transports: [${entry.name}()]`]
    : []
}

/** What is wrong with entries by themselves, whatever else is wrong; one sentence each. */
export function entryProblems(
  transports: readonly ConfiguredTransport[],
  features: readonly Feature[],
): string[] {
  const entries = [...transports, ...features]
  const names = entries.map(({ name }) => name)
  return [
    ...names
      .filter((name, index) => names.indexOf(name) < index)
      .map(
        (name) =>
          `'${name}' is configured twice; leave one out, or give a transport of your own another name`,
      ),
    ...entries.flatMap((entry) => ('wire' in entry ? entry.problems : [])),
  ]
}

/** What is wrong with entries beside the rest of the configuration, one sentence each. */
export function companyProblems(
  transports: readonly ConfiguredTransport[],
  features: readonly Feature[],
  others: Omit<Company, 'names'>,
): string[] {
  const entries = [...transports, ...features]
  const company: Company = { names: new Set(entries.map(({ name }) => name)), ...others }
  return entries.flatMap((entry) => ('wire' in entry ? (entry.problemsAmong?.(company) ?? []) : []))
}
