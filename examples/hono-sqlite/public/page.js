/**
 * The page: what a person sees of registering, logging in, being locked out and logging out.
 */

const $ = (id) => document.getElementById(id)
const status = $('status')
let stopCountdown = () => {}

/** The CSRF token of the session, from the cookie that scripts may read. */
function csrfToken() {
  const match = document.cookie.match(/(?:^|; )csrf_token=([^;]*)/)
  return match ? { 'x-csrf-token': match[1] } : {}
}

/** Calls the server; a failed connection is an answer too. */
async function call(method, path, body) {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(method === 'GET' ? {} : csrfToken()),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return {
      ok: response.ok,
      status: response.status,
      retryAfter: Number(response.headers.get('retry-after')),
      body: await response.json(),
    }
  } catch {
    return { ok: false, status: 0, body: { detail: 'The server cannot be reached.' } }
  }
}

function say(text, kind = '') {
  stopCountdown()
  status.textContent = text
  status.className = kind
}

/** Shows an error where it belongs: at its fields, or below the form, with a countdown. */
function complain(form, { body, retryAfter }) {
  const fields = (body.errors ?? []).filter(({ path }) => form?.elements.namedItem(path))
  for (const { path, message } of fields) {
    const input = form.elements.namedItem(path)
    const problem = document.createElement('span')
    problem.className = 'problem'
    problem.id = `${form.id}-${path}-problem`
    problem.textContent = message
    input.setAttribute('aria-invalid', 'true')
    input.setAttribute('aria-describedby', problem.id)
    input.closest('label').append(problem)
  }
  form?.elements.namedItem(fields[0]?.path ?? '')?.focus()
  if (fields.length > 0) return say('')
  if (!retryAfter) return say(body.detail, 'bad')
  say(`${body.detail} `, 'bad')
  countDown(retryAfter, form?.querySelector('button'))
}

/** Counts down behind the message, with the button disabled until the end. */
function countDown(total, button) {
  // By the clock: a phone that sleeps stops the timers of its pages.
  const end = Date.now() + total * 1000
  // Not read out: a screen reader would announce every second.
  const seconds = document.createElement('span')
  seconds.setAttribute('aria-hidden', 'true')
  status.append(seconds)
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000)
    if (left <= 0) return say('You may try again.')
    seconds.textContent = `(${left} s)`
  }
  const timer = setInterval(tick, 1000)
  if (button) button.disabled = true
  stopCountdown = () => {
    clearInterval(timer)
    stopCountdown = () => {}
    if (button) button.disabled = false
  }
  tick()
}

/** Submits once at a time, without leaving the page. */
function onSubmit(id, send) {
  const form = $(id)
  const button = form.querySelector('button')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (button.disabled) return
    say('')
    button.disabled = true
    for (const problem of form.querySelectorAll('.problem')) problem.remove()
    for (const input of form.elements) {
      input.removeAttribute('aria-invalid')
      input.removeAttribute('aria-describedby')
    }
    const values = Object.fromEntries(new FormData(form))
    const answer = await send(values, form)
    button.disabled = false
    if (!answer.ok) complain(form, answer)
  })
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
  const [me, dashboard] = await Promise.all([call('GET', '/me'), call('GET', '/dashboard')])
  const known = me.ok && dashboard.ok
  $('guest').hidden = known
  $('member').hidden = !known
  if (!known) {
    const trouble = [me, dashboard].find(({ ok, status }) => !ok && status !== 401)
    if (trouble) say(trouble.body.detail, 'bad')
    return
  }
  const { displayName, plan, memberSince } = dashboard.body
  $('name').textContent = me.body.username
  $('rename').elements.namedItem('displayName').value = displayName
  const facts = {
    Account: `#${me.body.user_id}`,
    'E-mail': me.body.email,
    'Logged in by': me.body.via,
    Plan: plan,
    'Member since': new Date(memberSince).toLocaleDateString(),
  }
  $('facts').replaceChildren(
    ...Object.entries(facts).flatMap(([term, value]) => {
      const dt = document.createElement('dt')
      const dd = document.createElement('dd')
      dt.textContent = term
      dd.textContent = value
      return [dt, dd]
    }),
  )
}

for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => choose(button.dataset.show))
}

onSubmit('register', async (values, form) => {
  const answer = await call('POST', '/register', values)
  if (answer.ok) {
    form.reset()
    choose('login')
    $('login').elements.namedItem('username').value = values.username
    $('login').elements.namedItem('password').focus()
    say('Your account is ready. Log in to begin.', 'good')
  }
  return answer
})

onSubmit('login', async (values, form) => {
  const remember = values.remember_me === 'on'
  const answer = await call('POST', '/login', { ...values, remember_me: remember })
  if (answer.ok) {
    form.reset()
    await refresh()
    $('greeting').focus()
  }
  return answer
})

onSubmit('rename', async (values) => {
  const answer = await call('POST', '/dashboard/name', values)
  if (answer.ok) say('Saved.', 'good')
  if (answer.status !== 401) return answer
  await refresh()
  $('title').focus()
  return { ...answer, body: { detail: 'Your session has ended. Please log in again.' } }
})

$('logout').addEventListener('click', async ({ currentTarget: button }) => {
  button.disabled = true
  const answer = await call('POST', '/logout')
  await refresh()
  button.disabled = false
  if (!answer.ok) return complain(null, answer)
  $('title').focus()
  say('You are logged out.', 'good')
})

await refresh()
