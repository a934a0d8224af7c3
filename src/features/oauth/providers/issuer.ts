/** What is wrong with the issuer that a provider is configured with. */
export function isIssuer(issuer: unknown, onPrivateNetwork: boolean): string[] {
  if (issuer === undefined) return []
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null
  if (url === null) return ["issuer must be an address, such as 'https://login.example.com'"]
  if (url.search !== '' || url.hash !== '' || url.username !== '') {
    return ['issuer must have neither a query nor a fragment nor a password']
  }
  const [before, metadata] = url.href.split('/.well-known/')
  if (metadata !== undefined) {
    return [`issuer is the address of its metadata; write what stands before: '${before}'`]
  }
  if (url.protocol === 'https:') return []
  return onPrivateNetwork && url.protocol === 'http:'
    ? []
    : [
        'issuer must begin with https://; for one on this machine write onPrivateNetwork: true, in development only',
      ]
}
