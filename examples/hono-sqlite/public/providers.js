/**
 * Signing in with an account elsewhere: the links to the providers, why it came to nothing, and the
 * list of those that are linked.
 */
import { $, call, element } from './forms.js'

const known = await call('GET', '/providers')
const providers = known.ok ? known.body : []

/** What a person can do about it, by the `reason` that the server sends them back with. */
const reasons = {
  denied: 'You did not sign in.',
  state_invalid: 'That took too long, or began in another browser. Try again.',
  account_exists:
    'There is an account with this e-mail address. Log in with your password, then link the provider.',
  other_identity: 'Your account is linked to another account there.',
  identity_taken: 'That account is linked to somebody else here.',
  session_changed: 'Log in, and link the provider again.',
  account_unavailable: 'This account cannot be used.',
}

/** Why a sign-in came to nothing, once; empty where none did. */
export function refusal() {
  const query = new URLSearchParams(location.search)
  if (!query.has('error')) return ''
  history.replaceState(null, '', location.pathname)
  return reasons[query.get('reason')] ?? 'Signing in there did not work. Try again later.'
}

/** Links to sign in with each provider. */
export function showProviders() {
  $('providers').hidden = providers.length === 0
  $('providers').replaceChildren(
    ...providers.map(({ name, label }) =>
      element('a', `Sign in with ${label}`, {
        href: `/oauth/${name}/authorize`,
        className: 'button',
      }),
    ),
  )
}

/** The linked providers of who is logged in, and buttons for those that are not. */
export async function showLinked(line) {
  $('linked').hidden = providers.length === 0
  if (providers.length === 0) return
  const { ok, body } = await call('GET', '/oauth/identities')
  if (!ok) return
  $('linked-list').replaceChildren(
    ...providers.map(({ name, label }) => {
      const identity = body.find(({ provider }) => provider === name)
      const button = element('button', identity ? `Unlink ${label}` : `Link ${label}`, {
        type: 'button',
      })
      button.addEventListener('click', async () => {
        button.disabled = true
        const answer = identity
          ? await call('DELETE', `/oauth/identities/${identity.id}`)
          : await call('POST', `/oauth/${name}/link`, { body: { redirect_to: '/' } })
        if (answer.ok && !identity) location.assign(answer.body.authorization_url)
        else if (answer.ok) {
          line.say(`${label} is unlinked.`, 'good')
          await showLinked(line)
        } else {
          button.disabled = false
          line.say(answer.body.detail, 'bad')
        }
      })
      const item = element('li', '')
      item.append(element('span', `${label}: ${identity ? 'linked' : 'not linked'}`), button)
      return item
    }),
  )
}
