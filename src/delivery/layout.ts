/**
 * The two bodies of a mail. Both say everything: the plain one for terminals, the HTML one without
 * images, style sheets or anything that a client would have to fetch.
 */
import { escaped, printable } from '../plain-text.ts'
import type { EmailPhrases } from './texts.ts'

export interface MailParts {
  readonly subject: string
  readonly lead: string
  readonly action: string
  readonly closing: string
  /** The application's name; empty for none. */
  readonly app: string
  readonly link: string | null
  readonly code: string | null
  readonly phrases: EmailPhrases
  /** A language tag. */
  readonly language: string
}

/** The link has a line of its own, so that terminals find its end. */
export function plain({ lead, action, closing, app, link, code, phrases }: MailParts): string {
  const paragraphs = [
    lead,
    ...(link === null ? [] : [`${action}:\n${link}`]),
    ...(code === null ? [] : [`${phrases.code}\n${code}`]),
    closing,
    ...(app === '' ? [] : [app]),
  ]
  return `${paragraphs.map(printable).join('\n\n')}\n`
}

export function html(parts: MailParts): string {
  const { subject, lead, action, closing, app, link, code, phrases, language } = parts
  const body = [
    `<h1 style="font-size:1.25rem;line-height:1.3;margin:0 0 1rem">${escaped(subject)}</h1>`,
    paragraph(escaped(lead)),
    ...(link === null
      ? []
      : [
          paragraph(
            `<a href="${escaped(link)}" style="display:inline-block;padding:.75rem 1.25rem;border-radius:.5rem;background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600">${escaped(action)}</a>`,
          ),
        ]),
    ...(code === null
      ? []
      : [
          paragraph(
            `${escaped(phrases.code)}<br><strong style="font-size:1.5rem;letter-spacing:.15em">${escaped(code)}</strong>`,
          ),
        ]),
    ...(link === null
      ? []
      : [
          paragraph(
            `${escaped(phrases.copy)}<br><a href="${escaped(link)}" style="word-break:break-all">${escaped(link)}</a>`,
          ),
        ]),
    paragraph(escaped(closing)),
    ...(app === '' ? [] : [paragraph(escaped(app))]),
  ]
  return `<!doctype html>
<html lang="${escaped(language)}" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(subject)}</title>
</head>
<body style="margin:0;padding:1.5rem;font-family:system-ui,sans-serif;font-size:1rem;line-height:1.5">
<main style="max-width:34rem;margin:0 auto">
${body.join('\n')}
</main>
</body>
</html>
`
}

function paragraph(content: string): string {
  return `<p style="margin:0 0 1rem">${content}</p>`
}
