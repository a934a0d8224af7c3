/**
 * Identities at providers as columns of the users table, one for each provider: `google_id`,
 * `github_id`, `custom_id` for a provider `custom`. Beside them, where the table has them:
 * `oauthProvider`, the provider of the latest link, and `oauthUpdatedAt`.
 */
import type { Identities, ProviderIdentity } from './identities.ts'
import { IdentityTaken, isSubject } from './identities.ts'
import { RejectedValue, UniqueViolation, type UserColumn, type UserStore } from './store.ts'

/** The field of a provider: `my-company` is `myCompanyId`. */
export function identityField(provider: string): string {
  const name = provider.replace(/[-_. ]+(\w)/g, (_, letter: string) => letter.toUpperCase())
  return `${name}Id`
}

/**
 * The field of the provider that a column of this name would be of: `google_id` and `googleId` are
 * one.
 */
export function identityFieldOf(column: string): string | null {
  const [, name] = /^([a-z]\w*?)(?:Id|_id)$/.exec(column) ?? []
  return name === undefined ? null : identityField(name)
}

/** @param providers The names of the providers that are configured. */
export function identityColumns(
  store: UserStore,
  providers: readonly string[],
  clock: () => number = Date.now,
): Identities {
  const idProperty = store.map.id ?? 'id'
  const tied = store.identities ?? {}
  const columnOf = (provider: string): UserColumn | undefined =>
    providers.includes(provider)
      ? store.columns.get(tied[identityField(provider)] ?? '')
      : undefined
  /**
   * @throws Error for a provider that is not configured, or has no column: `problems` says so
   * before.
   */
  const known = (provider: string): UserColumn => {
    const column = columnOf(provider)
    if (column) return column
    throw new Error(`crudauth: the users table has no column for the provider '${provider}'`)
  }
  const fits = ({ maxLength }: UserColumn, subject: unknown): subject is string =>
    isSubject(subject) && (maxLength === undefined || [...subject].length <= maxLength)
  const written = (values: Readonly<Record<string, unknown>>, provider?: string) => {
    const { oauthProvider, oauthUpdatedAt } = store.map
    return {
      ...values,
      ...(oauthProvider && provider !== undefined ? { [oauthProvider]: provider } : {}),
      ...(oauthUpdatedAt ? { [oauthUpdatedAt]: new Date(clock()) } : {}),
    }
  }

  return {
    name: 'columns of the users table',
    problems: problemsOf(store, providers),

    async find({ provider, subject }, scope) {
      const column = known(provider)
      return fits(column, subject) ? store.find(column.property, subject, scope) : null
    },

    async list(accountId, scope) {
      const row = await store.find(idProperty, accountId, scope)
      return providers.flatMap((provider): ProviderIdentity[] => {
        const { property } = known(provider)
        const subject = (row as Readonly<Record<string, unknown>> | null)?.[property]
        return isSubject(subject) ? [{ provider, subject }] : []
      })
    },

    async link(accountId, { provider, subject }, scope) {
      const column = known(provider)
      const { property } = column
      // Some databases would cut it, and its beginning may be somebody else's.
      if (!fits(column, subject)) throw new RejectedValue([property])
      const values = written({ [property]: subject }, provider)
      try {
        if (await store.update(accountId, values, scope, { [property]: null })) return 'linked'
      } catch (error) {
        if (!isTaken(error, property)) throw error
        throw new IdentityTaken(provider, { cause: error })
      }
      const row = await store.find(idProperty, accountId, scope)
      const has = (row as Readonly<Record<string, unknown>> | null)?.[property]
      return has === subject ? 'kept' : 'refused'
    },

    async unlink(accountId, { provider, subject }, scope) {
      const column = known(provider)
      const { property } = column
      if (!fits(column, subject)) return false
      return store.update(accountId, written({ [property]: null }), scope, { [property]: subject })
    },
  }
}

function isTaken(error: unknown, property: string): boolean {
  if (!(error instanceof UniqueViolation)) return false
  return error.properties.length === 0 || error.properties.includes(property)
}

function problemsOf(store: UserStore, providers: readonly string[]): string[] {
  const { columns, map } = store
  const marks = columns.get(map.oauthProvider ?? '')?.maxLength ?? Number.POSITIVE_INFINITY
  return providers.flatMap((provider, index) => {
    const field = identityField(provider)
    const twin = providers.slice(0, index).find((other) => identityField(other) === field)
    if (twin !== undefined) {
      return [
        `the providers '${twin}' and '${provider}' would share one column; rename one of them`,
      ]
    }
    const column = columns.get(store.identities?.[field] ?? '')
    if (column === undefined) {
      return [
        `the users table has no column for the provider '${provider}'; add a unique one of text for ${field}, or name it with columns: { ${field}: '…' }`,
      ]
    }
    const problems: string[] = []
    if (!column.unique) {
      problems.push(
        `the column '${column.column}' for the provider '${provider}' is not unique: two accounts could be one person there; add a unique index on it alone`,
      )
    }
    if (!column.nullable) {
      problems.push(
        `the column '${column.column}' for the provider '${provider}' must be nullable: it is empty for everybody else`,
      )
    }
    if (provider.length > marks) {
      problems.push(
        `the column for oauthProvider takes ${marks} characters, and '${provider}' has more; make it longer, or rename the provider`,
      )
    }
    return problems
  })
}
