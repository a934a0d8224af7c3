/**
 * A page that goes on by itself: what it leads to is asked by a page of this site, so that strict
 * cookies come along.
 */
export function continuingPage(target: string): string {
  const address = escaped(target)
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="refresh" content="0;url=${address}"><title>Signing in</title></head>`,
    `<body><p><a href="${address}">Continue</a></p></body></html>`,
  ].join('')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
}
