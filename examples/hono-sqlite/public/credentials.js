/**
 * One account, three credentials: the same `/me`, asked with a cookie, a token and an API key.
 */
import { $, call, element, facts, onPress, onSubmit, statusLine } from './forms.js'

/** What a key needs to change something. */
const writeScope = 'profile:write'

/** @param sessionEnded Called when the server no longer knows the session. */
export function credentials({ sessionEnded }) {
  const lines = {
    token: statusLine($('token-status')),
    key: statusLine($('key-status')),
    keys: statusLine($('keys-status')),
  }
  // In memory only: a reload forgets them, and no later script finds them.
  let accessToken = null
  let key = null

  function forget() {
    accessToken = null
    key = null
    hideKey()
  }

  /** An answer of a route that wants the session; nothing when that has ended. */
  async function withSession(answer) {
    if (answer.status !== 401) return answer
    await sessionEnded()
  }

  async function askWithToken() {
    const as = { authorization: `Bearer ${accessToken}` }
    showAnswer($('by-token'), `Authorization: Bearer …${accessToken.slice(-6)}`, await me(as))
  }

  async function askWithKey() {
    showAnswer($('by-key'), `X-API-Key: ${key.prefix}…`, await me({ 'x-api-key': key.key }))
  }

  function hideKey() {
    $('new-key').hidden = true
    $('key-text').textContent = ''
  }

  /** Shows what came of asking for a token: the first one, or the next. */
  async function receive(answer, text) {
    if (!answer.ok) return answer
    accessToken = answer.body.access_token
    const end = new Date(Date.now() + answer.body.expires_in * 1000)
    $('token-end').textContent = `Good until ${end.toLocaleTimeString()}.`
    $('token-actions').hidden = false
    await askWithToken()
    lines.token.say(text, 'good')
  }

  async function listKeys() {
    const answer = await call('GET', '/api-keys')
    if (!answer.ok) return answer
    $('no-keys').hidden = answer.body.length > 0
    $('keys').replaceChildren(...answer.body.map(keyItem))
  }

  function keyItem({ id, prefix, scopes, created_at: made, last_used_at: used, ...rest }) {
    // Those that were not made here may have no name.
    const name = rest.name ?? prefix
    const button = element('button', 'Revoke', { type: 'button' })
    button.setAttribute('aria-label', `Revoke ${name}`)
    onPress(button, lines.keys, async () => {
      const answer = await withSession(await call('DELETE', `/api-keys/${id}`))
      if (!answer?.ok) return answer
      if (key?.id === id) {
        hideKey()
        lines.key.say('')
        await askWithKey()
      }
      const listed = await listKeys()
      $('keys-title').focus()
      lines.keys.say(`The key “${name}” opens nothing any more.`, 'good')
      return listed
    })
    const about = element('p', '')
    const details = [
      `${prefix}…`,
      scopes.join(' ') || 'reads only',
      `made ${new Date(made).toLocaleDateString()}`,
      used ? `used ${new Date(used).toLocaleString()}` : 'never used',
    ]
    about.append(element('strong', name), element('small', details.join(' · ')))
    const item = element('li', '')
    item.append(about, button)
    return item
  }

  onSubmit($('get-token'), lines.token, async (values) => {
    const answer = await call('POST', '/token', { body: values })
    if (answer.ok) $('get-token').elements.namedItem('password').value = ''
    return receive(answer, 'Your token. The refresh token went into a cookie.')
  })

  onPress($('refresh-token'), lines.token, async () =>
    receive(
      await call('POST', '/refresh'),
      'New tokens, both: the refresh token is good for one use.',
    ),
  )

  onPress($('revoke-token'), lines.token, async () => {
    const answer = await call('POST', '/revoke')
    if (!answer.ok) return answer
    $('token-actions').hidden = true
    $('get-token').elements.namedItem('password').focus()
    lines.token.say('No more refreshing. The access token is good until its time.', 'good')
  })

  onSubmit($('make-key'), lines.key, async ({ name, write }) => {
    const body = { name, scopes: write ? [writeScope] : [] }
    const answer = await withSession(await call('POST', '/api-keys', { body }))
    if (!answer?.ok) return answer
    key = answer.body
    $('make-key').reset()
    $('new-key').hidden = false
    $('key-text').textContent = key.key
    await askWithKey()
    lines.key.say('Your key. Copy it now: it is not shown again.', 'good')
    return listKeys()
  })

  // Not there over plain HTTP from another device; the text can be selected all the same.
  $('copy-key').hidden = !navigator.clipboard
  onPress($('copy-key'), lines.key, async () => {
    await navigator.clipboard.writeText(key.key).then(
      () => lines.key.say('Copied.', 'good'),
      () =>
        lines.key.say('The browser does not let the page copy. Select the key and copy it.', 'bad'),
    )
  })

  return {
    /** Shows the section for the person who has just logged in, with nothing of the one before. */
    async show(answer) {
      forget()
      for (const line of Object.values(lines)) line.say('')
      $('token-actions').hidden = true
      $('get-token').reset()
      $('get-token').elements.namedItem('username').value = answer.body.username
      $('make-key').reset()
      showAnswer($('by-cookie'), 'Cookie: kept from scripts', answer)
      showNothing($('by-token'), 'Authorization: Bearer …', 'No token yet.')
      showNothing($('by-key'), 'X-API-Key: …', 'No key yet.')
      const listed = await listKeys()
      $('credentials').hidden = false
      if (listed) lines.keys.complain(null, listed)
    },
    hide() {
      forget()
      $('credentials').hidden = true
    },
  }
}

const me = (as) => call('GET', '/me', { as })

/** What was sent, and what came back. */
function showAnswer(card, sent, { ok, status, body }) {
  const [request, answer] = card.querySelectorAll('.request, .answer')
  request.textContent = `GET /me\n${sent}`
  const shown = Object.entries(body).map(([name, value]) => [name, [value].flat().join(' ') || '–'])
  const list = element('dl', '')
  list.append(...facts(ok ? Object.fromEntries(shown) : { code: body.code, detail: body.detail }))
  answer.className = ok ? 'answer' : 'answer bad'
  answer.replaceChildren(element('strong', status || 'No answer'), list)
}

function showNothing(card, sent, text) {
  const [request, answer] = card.querySelectorAll('.request, .answer')
  request.textContent = `GET /me\n${sent}`
  answer.className = 'answer quiet'
  answer.replaceChildren(text)
}
