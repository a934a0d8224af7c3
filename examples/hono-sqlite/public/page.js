/**
 * The page: what a person sees of registering, logging in, being locked out and logging out.
 */

import { credentials } from './credentials.js'
import { $, call, facts, mayHaveSession, onPress, onSubmit, statusLine } from './forms.js'
import { refusal, showLinked, showProviders } from './providers.js'

// A line for each form: an answer that comes late appears where it was asked for.
const lines = {
  login: statusLine($('login-status')),
  register: statusLine($('register-status')),
  member: statusLine($('status')),
}
const section = credentials({ sessionEnded })
let memberEmail = ''

function choose(name) {
  for (const button of document.querySelectorAll('[data-show]')) {
    button.setAttribute('aria-pressed', String(button.dataset.show === name))
  }
  $('login').hidden = name !== 'login'
  $('register').hidden = name !== 'register'
  $('title').textContent = name === 'login' ? 'Welcome back' : 'Join us'
}

/** Shows who is logged in, or the forms. */
async function refresh() {
  // Nobody is asked for whom there is no session: each 401 is an error in the browser's console.
  const answers = mayHaveSession()
    ? await Promise.all([call('GET', '/me'), call('GET', '/dashboard')])
    : []
  const [me, dashboard] = answers
  const known = answers.length > 0 && answers.every(({ ok }) => ok)
  $('guest').hidden = known
  $('member').hidden = !known
  if (!known) {
    section.hide()
    const trouble = answers.find(({ ok, status }) => !ok && status !== 401)
    if (trouble) lines.login.say(trouble.body.detail, 'bad')
    return
  }
  const { displayName, plan, emailVerified, memberSince } = dashboard.body
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
  memberEmail = me.body.email
  $('unverified').hidden = emailVerified
  await Promise.all([section.show(me), showLinked(lines.member)])
}

/** Shows the form to log in, and why. */
async function backToLogin(text, kind) {
  await refresh()
  choose('login')
  $('title').focus()
  lines.login.say(text, kind)
}

function sessionEnded() {
  return backToLogin('Your session has ended. Please log in again.', 'bad')
}

for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => choose(button.dataset.show))
}

onSubmit($('register'), lines.register, async (values) => {
  const answer = await call('POST', '/register', { body: values })
  if (answer.ok) {
    $('register').reset()
    choose('login')
    $('login').elements.namedItem('username').value = values.username
    $('login').elements.namedItem('password').focus()
    // Nobody learns here who has an account: the answer is the same, and the message tells.
    lines.login.say('Check your mail. If address and username were free, you can log in.', 'good')
  }
  return answer
})

onSubmit($('login'), lines.login, async (values) => {
  const remember = values.remember_me === 'on'
  const answer = await call('POST', '/login', { body: { ...values, remember_me: remember } })
  if (answer.ok) {
    $('login').reset()
    lines.member.say('')
    await refresh()
    $('greeting').focus()
  }
  return answer
})

onSubmit($('rename'), lines.member, async (values) => {
  const answer = await call('POST', '/dashboard/name', { body: values })
  if (answer.status === 401) return sessionEnded()
  if (answer.ok) lines.member.say('Saved.', 'good')
  return answer
})

onPress($('verify'), lines.member, async () => {
  const answer = await call('POST', '/recovery/verify-request', { body: { email: memberEmail } })
  if (answer.ok) lines.member.say(answer.body.detail, 'good')
  return answer
})

onSubmit($('change'), lines.member, async (values) => {
  const answer = await call('POST', '/recovery/change-request', { body: values })
  if (answer.body.code === 'not_authenticated') return sessionEnded()
  if (answer.ok) {
    $('change').reset()
    lines.member.say(answer.body.detail, 'good')
  }
  return answer
})

onPress($('logout'), lines.member, async () => {
  // The refresh token is a login of its own: both end here.
  const revoked = await call('POST', '/revoke')
  const answer = await call('POST', '/logout')
  const failed = [answer, revoked].find(({ ok }) => !ok)
  if (failed) {
    await refresh()
    return failed
  }
  await backToLogin('You are logged out.', 'good')
})

showProviders()
const why = refusal()
await refresh()
if (why !== '') ($('guest').hidden ? lines.member : lines.login).say(why, 'bad')
