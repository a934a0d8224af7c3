/**
 * The path of a request; `/`, which no route has, where a server hands over an address that is none
 * because its client sent such a `Host`.
 */
export function pathOf({ url }: Request): string {
  return URL.canParse(url) ? new URL(url).pathname : '/'
}
