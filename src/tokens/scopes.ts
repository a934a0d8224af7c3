/**
 * Which scopes a token gets: those that were asked for, or `defaultScopes` where none were, without
 * those that are not in `grantableScopes`.
 */
import { list, type Option } from '../options/option.ts'

export interface ScopeSettings {
  readonly defaultScopes: readonly string[]
  readonly grantableScopes: readonly string[]
}

/** Reads a `scope` parameter (RFC 6749 §3.3): separated by white space. */
export function parseScope(scope: string | undefined): string[] {
  return scope?.split(/\s+/).filter((one) => one !== '') ?? []
}

/**
 * Whether a text is one scope (RFC 6749 §3.3): printable ASCII without space, quote and backslash.
 */
export function isScope(text: unknown): boolean {
  return typeof text === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/.test(text)
}

/** Anything above the ceiling is dropped silently, in order; each is granted once. */
export function grantScopes(settings: ScopeSettings, requested: readonly string[]): string[] {
  const wanted = requested.length > 0 ? requested : settings.defaultScopes
  return [...new Set(wanted)].filter((scope) => settings.grantableScopes.includes(scope))
}

/** A list of scopes. */
export function scopeList(fallback: readonly string[]): Option<readonly string[]> {
  return list("a list of scopes without spaces and quotes, such as ['read']", isScope, fallback)
}

/** What is wrong with default scopes above their ceiling, one sentence each. */
export function ceilingProblems(
  { defaultScopes, grantableScopes }: ScopeSettings,
  path: string,
): string[] {
  const above = defaultScopes.filter((scope) => !grantableScopes.includes(scope))
  return above.length > 0
    ? [
        `${path}.defaultScopes has ${above.join(', ')}, which ${path}.grantableScopes lacks; add them there`,
      ]
    : []
}
