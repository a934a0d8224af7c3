/** The language in which somebody is spoken to. */

/** What a language tag looks like, as far as anything here depends on it (RFC 5646). */
const languageTag = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i

/** Whether it is a language tag that `Intl` takes: another one throws wherever it is used. */
export function isLanguageTag(text: string): boolean {
  try {
    return languageTag.test(text) && Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

/**
 * The tag that an `Accept-Language` header wants most (RFC 9110 §12.5.4); `null` where it wants
 * none.
 */
export function preferredLanguage(header: string | null): string | null {
  const wanted = (header ?? '')
    .slice(0, 512)
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim())
      const quality = parameters.find((one) => one.startsWith('q='))
      return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ tag, quality }) => quality > 0 && isLanguageTag(tag))
    .sort((a, b) => b.quality - a.quality)
  return wanted[0]?.tag ?? null
}

/** What texts there are: those of an application, and in which language somebody gets others. */
export interface TextsByLanguage {
  /** By language tag; English is there without. */
  readonly texts: Readonly<Record<string, unknown>> | undefined
  /** The language for people whose own is not in `texts`. */
  readonly locale: string
}

/** The nearest language that there are texts in: `de-AT`, `de`, then that of the application. */
export function nearestLanguage(wanted: string | null, { texts, locale }: TextsByLanguage): string {
  const has = (tag: string) => tag === 'en' || Object.hasOwn(texts ?? {}, tag)
  const candidates = wanted === null ? [] : [wanted, wanted.split('-')[0] ?? wanted]
  return candidates.find(has) ?? locale
}
