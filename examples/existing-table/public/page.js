/**
 * The page: a member of the old application logs in, sees the old columns, and where else they are.
 */

import { $, call, element, facts, onPress, onSubmit, statusLine } from './forms.js'

const status = statusLine($('status'))
const sessionsStatus = statusLine($('sessions-status'))
const { say } = status

/** As legacy.sql has them; that passwords are known is what makes it an example. */
const people = [
  { login: 'marta', password: 'harbour lights', about: 'An administrator; WordPress, $P$' },
  { login: 'Jonas', password: 'north wind 1987', about: 'A member; PHP, $2y$' },
  { login: 'tom@example.com', password: 'slow old boat', about: 'Never confirmed; WordPress, $P$' },
  { login: 'rico', password: 'never at home', about: 'Banned; PHP, $2y$' },
  { login: 'ines', password: 'gone fishing', about: 'Deleted; PHP, $2y$' },
]

$('people').replaceChildren(
  ...people.map(({ login, password, about }) => {
    const button = element('button', 'Fill in', { type: 'button' })
    button.setAttribute('aria-label', `Fill in ${login}`)
    button.addEventListener('click', () => {
      choose('login')
      $('login').elements.namedItem('username').value = login
      $('login').elements.namedItem('password').value = password
      $('login').querySelector('button').focus()
    })
    return row(login, about, button)
  }),
)

function row(title, detail, ...controls) {
  const text = element('p', '')
  text.append(element('span', title), element('small', detail))
  const item = element('li', '')
  item.append(text, ...controls)
  return item
}

function choose(name) {
  for (const button of document.querySelectorAll('[data-show]')) {
    button.setAttribute('aria-pressed', String(button.dataset.show === name))
  }
  $('login').hidden = name !== 'login'
  $('register').hidden = name !== 'register'
  $('title').textContent = name === 'login' ? 'Welcome back' : 'Join us'
  say('')
}

/** Shows who is logged in, or the forms. */
async function refresh() {
  const [me, account] = await Promise.all([call('GET', '/me'), call('GET', '/account')])
  const known = me.ok && account.ok
  $('guest').hidden = known
  $('legacy').hidden = known
  $('member').hidden = !known
  for (const id of ['sessions', 'berths', 'hashes']) $(id).hidden = true
  if (!known) {
    const trouble = [me, account].find(({ ok, status }) => !ok && status !== 401)
    if (trouble) say(trouble.body.detail, 'bad')
    return
  }
  const { fullName, berth, memberSince, emailVerified, passwordFormat } = account.body
  $('name').textContent = fullName
  $('facts').replaceChildren(
    ...facts({
      Member: `#${me.body.user_id}, ${me.body.username}`,
      'E-mail': me.body.email,
      Confirmed: emailVerified ? 'yes' : 'no',
      Berth: berth ?? 'none',
      'Member since': new Date(memberSince).toLocaleDateString(),
      Password: passwordFormat,
    }),
  )
  await Promise.all([showSessions(), showBerths(), showHashes()])
}

async function showSessions() {
  const answer = await call('GET', '/sessions')
  if (!answer.ok) return
  $('sessions').hidden = false
  $('logout-others').hidden = answer.body.length < 2
  $('session-list').replaceChildren(...answer.body.map(sessionRow))
}

function sessionRow({ session_id, device, ip, last_activity, current }) {
  const known = [device.browser, device.os].filter((name) => name !== 'Unknown')
  const title = known.join(' on ') || 'An unknown program'
  const detail = `${ip ?? 'unknown address'}, ${new Date(last_activity).toLocaleString()}`
  if (current) return row(title, `${detail}, this one`)
  const end = element('button', 'End', { type: 'button' })
  end.setAttribute('aria-label', `End ${title}, ${detail}`)
  onPress(end, sessionsStatus, async () => {
    const answer = await call('DELETE', `/sessions/${session_id}`)
    if (answer.status === 401) return sessionEnded()
    await showSessions()
    $('sessions-title').focus()
    if (answer.ok) sessionsStatus.say('That session has ended.', 'good')
    return answer
  })
  return row(title, detail, end)
}

async function showBerths() {
  const answer = await call('GET', '/berths')
  $('berths').hidden = false
  if (!answer.ok) {
    const { code, detail } = answer.body
    const told = code === 'not_verified' ? 'Yours is not confirmed.' : detail
    return $('berth-list').replaceChildren(element('p', told))
  }
  const list = element('dl', '')
  list.append(
    ...facts(
      Object.fromEntries(answer.body.berths.map(({ berth, fullName }) => [berth, fullName])),
    ),
  )
  $('berth-list').replaceChildren(list)
}

async function showHashes() {
  const answer = await call('GET', '/hashes')
  if (!answer.ok) return
  $('hashes').hidden = false
  $('hash-list').replaceChildren(
    ...facts(Object.fromEntries(answer.body.hashes.map(({ format, rows }) => [format, rows]))),
  )
}

async function sessionEnded() {
  await refresh()
  $('title').focus()
  say('Your session has ended. Please log in again.', 'bad')
}

for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => choose(button.dataset.show))
}

onSubmit($('register'), status, async (values) => {
  const answer = await call('POST', '/register', { body: values })
  if (answer.ok) {
    $('register').reset()
    choose('login')
    $('login').elements.namedItem('username').value = values.username
    $('login').elements.namedItem('password').focus()
    say('Your account is ready. Log in to begin.', 'good')
  }
  return answer
})

onSubmit($('login'), status, async (values) => {
  const answer = await call('POST', '/login', { body: values })
  if (answer.ok) {
    $('login').reset()
    await refresh()
    $('greeting').focus()
  }
  return answer
})

onPress($('logout'), status, async () => {
  const answer = await call('POST', '/logout')
  await refresh()
  if (!answer.ok) return answer
  $('title').focus()
  say('You are logged out.', 'good')
})

onPress($('logout-others'), sessionsStatus, async () => {
  const answer = await call('POST', '/logout-all?keep_current=true')
  if (answer.status === 401) return sessionEnded()
  await showSessions()
  $('sessions-title').focus()
  if (answer.ok) sessionsStatus.say('All other sessions have ended.', 'good')
  return answer
})

await refresh()
