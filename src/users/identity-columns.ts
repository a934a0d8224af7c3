/**
 * Identities at providers as columns of the users table, one for each provider: `google_id`,
 * `github_id`, `custom_id` for a provider `custom`. Beside them, where the table has them:
 * `oauthProvider`, the provider of the latest link, and `oauthUpdatedAt`.
 */
import type { Identities, ProviderIdentity } from './identities.ts'
import { IdentityTaken, isSubject } from './identities.ts'
import {
  RejectedValue,
  UniqueViolation,
  type UserColumn,
  type UserScope,
  type UserStore,
} from './store.ts'

type Values = Readonly<Record<string, unknown>>

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
  const written = (values: Values, provider?: string) => {
    const { oauthProvider, oauthUpdatedAt } = store.map
    return {
      ...values,
      ...(oauthProvider && provider !== undefined ? { [oauthProvider]: provider } : {}),
      ...(oauthUpdatedAt ? { [oauthUpdatedAt]: new Date(clock()) } : {}),
    }
  }
  /** Writes what links, and tells whose the identity is where another account has it. */
  async function linking<Result>(
    { provider, subject, issuer }: ProviderIdentity,
    scope: UserScope,
    write: (values: Values, property: string) => Promise<Result>,
  ): Promise<Result> {
    const column = known(provider)
    const { property } = column
    // Some databases would cut it, and its beginning may be somebody else's.
    if (issuer !== undefined || !fits(column, subject)) throw new RejectedValue([property])
    try {
      return await write(written({ [property]: subject }, provider), property)
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      const { properties } = error
      const isTaken = properties.includes(property)
      // Some drivers do not say which value of a new row it was.
      const isUnsaid = properties.length === 0
      if (!isTaken && !(isUnsaid && (await store.find(property, subject, scope)))) throw error
      throw new IdentityTaken(provider, { cause: error })
    }
  }

  return {
    name: 'columns of the users table',
    problems: problemsOf(store, providers),

    async find({ provider, subject, issuer }, scope) {
      const column = known(provider)
      // A subject of one tenant is somebody else than the same one of another.
      if (issuer !== undefined) return null
      return fits(column, subject) ? store.find(column.property, subject, scope) : null
    },

    async list(accountId, scope) {
      const row = await store.find(idProperty, accountId, scope)
      return providers.flatMap((provider): ProviderIdentity[] => {
        const { property } = known(provider)
        const subject = (row as Values | null)?.[property]
        return isSubject(subject) ? [{ provider, subject }] : []
      })
    },

    async link(accountId, identity, scope) {
      const isLinked = await linking(identity, scope, (link, property) =>
        store.update(accountId, link, scope, { [property]: null }),
      )
      if (isLinked) return 'linked'
      const row = await store.find(idProperty, accountId, scope)
      const has = (row as Values | null)?.[known(identity.provider).property]
      return has === identity.subject ? 'kept' : 'refused'
    },

    insert(account, identity, scope, during) {
      const { oauthCreatedAt } = store.map
      const began = oauthCreatedAt ? { [oauthCreatedAt]: new Date(clock()) } : {}
      return linking(identity, scope, (link) =>
        store.insert({ ...account, ...link, ...began }, scope, during),
      )
    },

    async unlink(accountId, { provider, subject, issuer }, scope) {
      const column = known(provider)
      const { property } = column
      if (issuer !== undefined || !fits(column, subject)) return false
      return store.update(accountId, written({ [property]: null }), scope, { [property]: subject })
    },
  }
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
