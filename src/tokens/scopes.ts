/**
 * Which scopes a token gets: what was asked for, or the default, within the ceiling (contract
 * §7.3).
 */
export interface ScopeSettings {
  readonly defaultScopes: readonly string[]
  readonly grantableScopes: readonly string[]
}

/** Reads a `scope` parameter (RFC 6749 §3.3): separated by white space. */
export function parseScope(scope: string | undefined): string[] {
  return scope?.split(/\s+/).filter((one) => one !== '') ?? []
}

/** Whether a text is one scope (RFC 6749 §3.3): printable ASCII without space, quote and backslash. */
export function isScope(text: unknown): boolean {
  return typeof text === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/.test(text)
}

/** Anything above the ceiling is dropped silently, in order; each is granted once. */
export function grantScopes(settings: ScopeSettings, requested: readonly string[]): string[] {
  const wanted = requested.length > 0 ? requested : settings.defaultScopes
  return [...new Set(wanted)].filter((scope) => settings.grantableScopes.includes(scope))
}

/** What is wrong with the settings, one sentence each. */
export function scopeProblems(settings: ScopeSettings): string[] {
  const problems: string[] = []
  const { defaultScopes, grantableScopes } = settings
  for (const [name, scopes] of Object.entries({ defaultScopes, grantableScopes })) {
    if (!scopes.every(isScope)) {
      problems.push(`bearer.${name} must be scopes without spaces and quotes, such as 'read'`)
    }
  }
  const above = defaultScopes.filter((scope) => !grantableScopes.includes(scope))
  if (above.length > 0) {
    problems.push(
      `bearer.defaultScopes has ${above.join(', ')}, which bearer.grantableScopes lacks; add them there`,
    )
  }
  return problems
}
