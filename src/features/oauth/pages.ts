/**
 * Pages of ours on the way of a browser: one that goes on by itself, and one that asks.
 *
 * They have no script, load nothing, are in no frame and tell no referrer (see the pipeline): what
 * they lead to has a code or a state in its address. Whatever an application or a request put into
 * them is text.
 */
import type { Exchange } from '../../http/exchange.ts'
import { nearestLanguage, preferredLanguage } from '../../language.ts'
import { escaped, filler, oneLine } from '../../plain-text.ts'
import { englishPages, type PageSettings, type PageWords } from './page-words.ts'

/** Who asks to be let in, and where a yes leads. */
export interface Asking {
  readonly target: string
  /** `null` for a program on the same machine. */
  readonly who: string | null
  /** What people call the provider. */
  readonly provider: string
}

export class Pages {
  readonly #settings: PageSettings

  constructor(settings: PageSettings) {
    this.#settings = settings
  }

  /**
   * A page that goes on by itself: what it leads to is asked by a page of this site, so that strict
   * cookies come along.
   */
  continuing(exchange: Exchange, target: string): string {
    const { language, words } = this.#wordsFor(exchange)
    const { title, action } = words.continuing
    const address = escaped(target)
    return page(language, {
      title: escaped(title),
      head: `<meta http-equiv="refresh" content="0;url=${address}">`,
      body: [`<p><a href="${address}">${escaped(action)}</a></p>`],
    })
  }

  /**
   * A page that asks before somebody else is given a way in: what it leads to may be any program's
   * (RFC 8252 §8.6), and a link that is clicked is a gesture without which browsers open none. The
   * link has no focus, so that no key that somebody is made to hold down says yes.
   */
  asking(exchange: Exchange, { target, who, provider }: Asking): string {
    const { language, words } = this.#wordsFor(exchange)
    const { title, lead, action, closing, program } = words.asking
    const { name } = this.#settings
    const values = { app: name, provider, client: who ?? program }
    const text = (template: string) => escaped(oneLine(filler(values)(template)))
    // Who asks stands out, and turns nothing around it, in whichever direction it is written.
    const client = `<strong><bdi>${escaped(values.client)}</bdi></strong>`
    const marked = filler({ app: escaped(name), provider: escaped(provider), client })
    return page(language, {
      title: text(title),
      head: '',
      body: [
        ...(name === '' ? [] : [`<p class="app">${escaped(name)}</p>`]),
        `<h1>${text(title)}</h1>`,
        `<p>${marked(escaped(lead))}</p>`,
        `<p><a href="${escaped(target)}">${text(action)}</a></p>`,
        `<p class="closing">${text(closing)}</p>`,
      ],
    })
  }

  #wordsFor({ request }: Exchange): { language: string; words: PageWords } {
    const { texts } = this.#settings
    const wanted = preferredLanguage(request.headers.get('accept-language'))
    const language = nearestLanguage(wanted, this.#settings)
    const own = Object.hasOwn(texts, language) ? texts[language] : undefined
    return own ? { language, words: own } : { language: 'en', words: englishPages }
  }
}

const style = [
  ':root{color-scheme:light dark}',
  'body{margin:0;padding:clamp(1.5rem,10vh,6rem) 1.25rem;font:1.0625rem/1.55 system-ui,sans-serif}',
  'main{max-width:34rem;margin:0 auto;overflow-wrap:anywhere}',
  'h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}',
  'p{margin:0 0 1.25rem}',
  '.app{margin:0 0 .5rem;font-weight:600}',
  // A border is all that high contrast leaves of a button.
  'a{display:block;box-sizing:border-box;max-width:20rem;padding:.75rem 1.5rem;border:1px solid transparent;border-radius:.5rem;background:#1d4ed8;color:#fff;font-weight:600;text-align:center;text-decoration:none}',
  'a:hover{background:#1e40af}',
  'a:focus-visible{outline:3px solid #1d4ed8;outline-offset:3px}',
  '@media(prefers-color-scheme:dark){a{background:#93c5fd;color:#0b1220}a:hover{background:#bfdbfe}a:focus-visible{outline-color:#93c5fd}}',
  '@media(max-width:30rem){a{max-width:none}}',
].join('')

interface Parts {
  readonly title: string
  readonly head: string
  readonly body: readonly string[]
}

/** All of it is HTML by now. */
function page(language: string, { title, head, body }: Parts): string {
  return `<!doctype html>
<html lang="${escaped(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}<style>${style}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`
}

interface WithTextInfo {
  getTextInfo?(): { readonly direction?: string }
  readonly textInfo?: { readonly direction?: string }
}

/** Of a platform that does not know, the first letters of the page decide. */
function directionOf(language: string): string {
  const locale = new Intl.Locale(language) as WithTextInfo
  const { direction } = locale.getTextInfo?.() ?? locale.textInfo ?? {}
  return direction === 'rtl' || direction === 'ltr' ? direction : 'auto'
}
