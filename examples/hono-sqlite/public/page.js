/**
 * The page: what a person sees of registering, logging in, being locked out and logging out.
 */

import { credentials } from './credentials.js'
import { $, call, facts, onPress, onSubmit, statusLine } from './forms.js'

const status = statusLine($('status'))
const { say } = status
const section = credentials({ sessionEnded })

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
  const [me, dashboard] = await Promise.all([call('GET', '/me'), call('GET', '/dashboard')])
  const known = me.ok && dashboard.ok
  $('guest').hidden = known
  $('member').hidden = !known
  if (!known) {
    section.hide()
    const trouble = [me, dashboard].find(({ ok, status }) => !ok && status !== 401)
    if (trouble) say(trouble.body.detail, 'bad')
    return
  }
  const { displayName, plan, memberSince } = dashboard.body
  $('name').textContent = me.body.username
  $('rename').elements.namedItem('displayName').value = displayName
  $('facts').replaceChildren(
    ...facts({
      Account: `#${me.body.user_id}`,
      'E-mail': me.body.email,
      'Logged in by': me.body.via,
      Plan: plan,
      'Member since': new Date(memberSince).toLocaleDateString(),
    }),
  )
  await section.show(me)
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
  const remember = values.remember_me === 'on'
  const answer = await call('POST', '/login', { body: { ...values, remember_me: remember } })
  if (answer.ok) {
    $('login').reset()
    await refresh()
    $('greeting').focus()
  }
  return answer
})

onSubmit($('rename'), status, async (values) => {
  const answer = await call('POST', '/dashboard/name', { body: values })
  if (answer.status === 401) return sessionEnded()
  if (answer.ok) say('Saved.', 'good')
  return answer
})

onPress($('logout'), status, async () => {
  // The refresh token is a login of its own: both end here.
  const revoked = await call('POST', '/revoke')
  const answer = await call('POST', '/logout')
  await refresh()
  const failed = [answer, revoked].find(({ ok }) => !ok)
  if (failed) return failed
  $('title').focus()
  say('You are logged out.', 'good')
})

await refresh()
