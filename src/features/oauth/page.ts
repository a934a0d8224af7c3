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

/**
 * A page that asks before somebody else is given a way in: what it leads to may be any program's
 * (RFC 8252 §8.6), and a link that is clicked is a gesture without which browsers open none.
 */
export function askingPage(target: string, who: string): string {
  const address = escaped(target)
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width"><title>Sign in to an application</title>',
    '<style>body{font:1.1em/1.5 system-ui;max-width:32em;margin:4em auto;padding:0 1em}</style>',
    `</head><body><h1>Sign in to an application?</h1><p><b>${escaped(who)}</b> asks to be signed`,
    ' in to your account. Go on only if you have just begun that there.</p>',
    `<p><a href="${address}">Continue</a></p><p>Otherwise close this page.</p></body></html>`,
  ].join('')
}
