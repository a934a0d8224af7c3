/**
 * Calls to the server, and forms that show what it answers.
 */

export const $ = (id) => document.getElementById(id)

/** The CSRF token of the session, from the cookie that scripts may read. */
function csrfToken() {
  const match = document.cookie.match(/(?:^|; )csrf_token=([^;]*)/)
  return match ? { 'x-csrf-token': match[1] } : {}
}

/** Whether the browser has a session; it may have ended at the server. */
export const mayHaveSession = () => 'x-csrf-token' in csrfToken()

/**
 * Calls the server; a failed connection is an answer too.
 *
 * @param as The header of another credential. The cookies stay at home then, and with them the need
 *   for a CSRF token.
 */
export async function call(method, path, { body, as } = {}) {
  try {
    const response = await fetch(path, {
      method,
      credentials: as ? 'omit' : 'same-origin',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(as ?? (method === 'GET' ? {} : csrfToken())),
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
    const body = { code: 'unreachable', detail: 'The server cannot be reached.' }
    return { ok: false, status: 0, body }
  }
}

/** An element with a text and what else it has. */
export function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties)
}

/** The terms and their values, as the content of a `<dl>`. */
export function facts(values) {
  return Object.entries(values).flatMap(([term, value]) => [
    element('dt', term),
    element('dd', String(value)),
  ])
}

/** The line of a card that says how things went. */
export function statusLine(line) {
  let stopCountdown = () => {}

  function say(text, kind = '') {
    stopCountdown()
    line.textContent = text
    line.className = kind
  }

  /** Shows an error where it belongs: at its fields, or in the line, with a countdown. */
  function complain(form, { body, retryAfter }) {
    const fields = (body.errors ?? []).filter(({ path }) => form?.elements.namedItem(path))
    for (const { path, message } of fields) {
      const input = form.elements.namedItem(path)
      const id = `${form.id}-${path}-problem`
      input.setAttribute('aria-invalid', 'true')
      input.setAttribute('aria-describedby', id)
      input.closest('label').append(element('span', message, { id, className: 'problem' }))
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
    const seconds = element('span', '')
    seconds.setAttribute('aria-hidden', 'true')
    line.append(seconds)
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000)
      if (left <= 0) return say('You may try again.')
      seconds.textContent = `(${left} s)`
    }
    const timer = setInterval(tick, 1000)
    if (button) disable(button, true)
    stopCountdown = () => {
      clearInterval(timer)
      stopCountdown = () => {}
      if (button) disable(button, false)
    }
    tick()
  }

  return { say, complain }
}

// By `aria-disabled`: a button with `disabled` loses the focus, and keyboard users their place.
const isDisabled = (button) => button.ariaDisabled === 'true'

function disable(button, disabled) {
  button.ariaDisabled = disabled ? 'true' : null
}

/**
 * Submits once at a time, without leaving the page.
 *
 * @param send Gets the values; returns the answer, or nothing when there is no more to say of it.
 */
export function onSubmit(form, status, send) {
  const button = form.querySelector('button')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isDisabled(button)) return
    status.say('')
    disable(button, true)
    for (const problem of form.querySelectorAll('.problem')) problem.remove()
    for (const input of form.elements) {
      input.removeAttribute('aria-invalid')
      input.removeAttribute('aria-describedby')
    }
    const answer = await send(Object.fromEntries(new FormData(form)))
    disable(button, false)
    if (answer && !answer.ok) status.complain(form, answer)
  })
}

/** A button outside a form: pressed once at a time. */
export function onPress(button, status, act) {
  button.addEventListener('click', async () => {
    if (isDisabled(button)) return
    status.say('')
    disable(button, true)
    const answer = await act()
    disable(button, false)
    if (answer && !answer.ok) status.complain(null, answer)
  })
}
