/**
 * The path of a request. Some servers pass on an invalid URL when the client sent an invalid
 * `Host`: then it is `/`, which no route has.
 */
export function pathOf({ url }: Request): string {
  return URL.canParse(url) ? new URL(url).pathname : '/'
}
