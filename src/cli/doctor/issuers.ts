/**
 * Whether the columns of providers hold the people of the issuers that are configured, as the
 * storage of an `auth` that a module exports knows it.
 */

export interface IssuerReport {
  /** Providers by which nobody gets in, a sentence each. */
  readonly changed: readonly string[]
  readonly notes: readonly string[]
}

interface Issuer {
  readonly provider: string
  readonly issuer: string
  readonly recorded: string | null
}

type Issuers = () => Promise<readonly Issuer[]>

/** @param exported What the module exports. */
export async function issuersOf(exported: readonly unknown[]): Promise<IssuerReport> {
  const asked = exported.map(issuersIn).filter((one) => one !== null)
  const reports = await Promise.all(asked.map(reportOf))
  return {
    changed: reports.flatMap(({ changed }) => changed),
    notes: reports.flatMap(({ notes }) => notes),
  }
}

async function reportOf(issuers: Issuers): Promise<IssuerReport> {
  let all: readonly Issuer[]
  try {
    all = await issuers()
  } catch {
    const notes = ['the storage does not answer: nothing is known of the issuers of providers']
    return { changed: [], notes }
  }
  return {
    changed: all.flatMap(({ provider, issuer, recorded }) =>
      recorded === null || recorded === issuer
        ? []
        : [
            `${provider} is ${issuer}, and its column holds the people of ${recorded}: give it another name and a column of its own; or, where everybody is called as before, run auth.oauth.acceptIssuer('${provider}') once`,
          ],
    ),
    notes: all.flatMap(({ provider, recorded }) =>
      recorded === null ? [`whose people the column of ${provider} holds is not recorded yet`] : [],
    ),
  }
}

/** Of an `auth` with `oauth()`. */
function issuersIn(value: unknown): Issuers | null {
  const { oauth } = Object(value) as { oauth?: unknown }
  const { issuers } = Object(oauth) as { issuers?: unknown }
  return typeof issuers === 'function' ? (issuers as Issuers) : null
}
