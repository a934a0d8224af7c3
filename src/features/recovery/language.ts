/** The language that a browser prefers. */

const tagPattern = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i

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
    .filter(({ tag, quality }) => tagPattern.test(tag) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return wanted[0]?.tag ?? null
}
