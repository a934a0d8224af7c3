/**
 * The domains that a cookie may be given: those of a site, and no public suffix, under which
 * strangers register.
 *
 * Browsers refuse a cookie for a public suffix (RFC 6265bis §5.5), so that a list of them is here
 * for the message at the start, not for safety. The whole list (publicsuffix.org) would be the
 * largest part of this package; these are the rules that registries share, and the hosts of
 * applications that people use most.
 */

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** What registries of countries call their second level, where strangers register below it. */
const registryLabels = new Set(
  'ac co com edu ed go gob gouv gov gv id info ltd me mil ne net nic nom or org plc pro sch'.split(
    ' ',
  ),
)

/** Domains at which hosts of applications give everybody a name. */
const sharedDomains = new Set(
  [
    'amazonaws.com appspot.com azurecontainerapps.io azurestaticapps.net azurewebsites.net',
    'bitbucket.io cloudfront.net cloudfunctions.net codesandbox.io csb.app deno.dev deno.net',
    'firebaseapp.com fly.dev gitbook.io github.dev github.io githubpreview.dev gitlab.io',
    'glitch.me herokuapp.com koyeb.app lambda-url.us-east-1.on.aws lhr.life loca.lt lovable.app',
    'myshopify.com netlify.app ngrok-free.app ngrok-free.dev ngrok.app ngrok.io now.sh onrender.com',
    'ondigitalocean.app pages.dev pythonanywhere.com r2.dev railway.app up.railway.app repl.co',
    'replit.app replit.dev run.app serveo.net sslip.io nip.io stackblitz.io streamlit.app surge.sh',
    'trycloudflare.com vercel.app vercel.dev web.app webflow.io wixsite.com workers.dev',
    'cloudapp.azure.com elasticbeanstalk.com s3.amazonaws.com blogspot.com wordpress.com',
  ].flatMap((line) => line.split(' ')),
)

/** What is wrong with a domain for a cookie, one sentence each. */
export function cookieDomainProblems(given: unknown, path: string): string[] {
  const such = "write the domain that your hosts share, such as 'example.com'"
  if (typeof given !== 'string' || given === '') return [`${path} must be a domain; ${such}`]
  if (/[:/]/.test(given) || isIP(given) !== 0) {
    return [`${path} is '${given}', which is no domain; ${such}, without scheme and port`]
  }
  const bare = given.replace(/^\./, '')
  if (bare !== given) return [`${path} begins with a dot; write '${bare}'`]
  const ascii = domainToASCII(given)
  if (ascii === '' || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(ascii)) {
    return [`${path} is '${given}', which is no domain; ${such}`]
  }
  if (ascii !== given) return [`${path} must be as browsers send it; write '${ascii}'`]
  return isPublicSuffix(given)
    ? [
        `${path} is '${given}', under which strangers have names of their own: browsers refuse such a cookie; ${such}`,
      ]
    : []
}

function isPublicSuffix(domain: string): boolean {
  const labels = domain.split('.')
  const [first = '', second = ''] = labels
  if (labels.length === 1 || sharedDomains.has(domain)) return true
  return labels.length === 2 && second.length === 2 && registryLabels.has(first)
}

/** Whether a host may set a cookie for a domain, and gets it back (RFC 6265bis §5.1.3). */
export function isWithin(host: string, domain: string): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return name === domain || name.endsWith(`.${domain}`)
}
