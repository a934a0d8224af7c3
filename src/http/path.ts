/**
 * The path of a request; `/` where its URL cannot be read, which is refused for that.
 */
export function pathOf({ url }: Request): string {
  return URL.canParse(url) ? new URL(url).pathname : '/'
}
