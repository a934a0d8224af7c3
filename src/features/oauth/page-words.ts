/**
 * What the pages of sign-in at providers say: English, unless an application has other words.
 */
import { isLanguageTag } from '../../language.ts'
import { type Declaration, declareOptions, group } from '../../options/declare.ts'
import { byName, type Option, text } from '../../options/option.ts'

/**
 * The words of the page that asks before an application gets in. `{client}` stands for who asks,
 * `{app}` for the name of your application, `{provider}` for what people call the provider. None of
 * it is HTML.
 */
export interface AskingWords {
  /** The heading, and the title of the tab. */
  readonly title: string
  /** The paragraph above the button. It has `{client}` in it. */
  readonly lead: string
  /** The button. */
  readonly action: string
  /** The paragraph below it. */
  readonly closing: string
  /** Who asks, where that is a program on the same machine. */
  readonly program: string
}

/** The words of the page that goes on by itself, which is seen where that takes a moment. */
export interface ContinuingWords {
  /** The title of the tab. */
  readonly title: string
  /** The link. */
  readonly action: string
}

/** The words of both pages. */
export interface PageWords {
  readonly asking: AskingWords
  readonly continuing: ContinuingWords
}

/** Words of one language: what is left out is English. */
export type OAuthPageTexts = { readonly [Page in keyof PageWords]?: Partial<PageWords[Page]> }

/** What the pages say, and in which language. */
export interface OAuthPageOptions {
  /**
   * Texts by language tag, such as `{ de: { asking: { title: '…' } } }`. The language is the
   * nearest to what the browser prefers. Default none.
   */
  texts?: Readonly<Record<string, OAuthPageTexts>>
  /**
   * The language for browsers whose preferred languages are not in `texts`. Default `en`.
   */
  locale?: string
  /** The name of your application, for `{app}` in texts and above the heading. Default none. */
  name?: string
}

export interface PageSettings {
  readonly texts: Readonly<Record<string, PageWords>>
  readonly locale: string
  readonly name: string
}

const words = declareOptions<PageWords>({
  asking: group(
    declareOptions<AskingWords>({
      title: text('Sign in to an application?'),
      lead: text(
        '{client} asks to be signed in to your account. Continue only if you have just started this there.',
        { pattern: /\{client\}/, wanted: 'a text with {client} in it, which stands for who asks' },
      ),
      action: text('Continue'),
      closing: text('If you did not start it, close this page. Nothing happens then.'),
      program: text('A program on this device'),
    }),
  ),
  continuing: group(
    declareOptions<ContinuingWords>({ title: text('Signing in'), action: text('Continue') }),
  ),
})

export const englishPages: PageWords = words.read({}, '').settings

const such = "{ de: { asking: { title: 'Bei einer Anwendung anmelden?' } } }"

const byLanguage = byName(group(words), { fallback: {}, defaultText: 'none', such })

const texts: Option<Readonly<Record<string, PageWords>>> = {
  ...byLanguage,
  judge(given, path) {
    const { value, problems } = byLanguage.judge(given, path)
    const wrong = Object.keys(value).filter((tag) => !isLanguageTag(tag))
    const untold = wrong.map(
      (tag) => `${path} has '${tag}', which is no language tag; write one such as 'de-AT'`,
    )
    return { value, problems: [...untold, ...problems] }
  },
}

export const pageOptions: Declaration<PageSettings> = declareOptions<PageSettings>(
  {
    texts,
    locale: text('en', { is: isLanguageTag, wanted: "a language tag, such as 'de-AT'" }),
    name: { ...text(''), defaultText: 'none' },
  },
  { write: "pages: { name: 'Shop' }" },
)
