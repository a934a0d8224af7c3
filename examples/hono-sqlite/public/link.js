/**
 * The pages of the links in messages. Opening one changes nothing, since mail scanners open links,
 * too: the button does.
 */
import { $, call, onSubmit, statusLine } from './forms.js'

const page = document.querySelector(`[data-path="${CSS.escape(location.pathname)}"]`)
const status = statusLine($('status'))

// In the fragment, which no server and no log sees.
let proof = { token: new URLSearchParams(location.hash.slice(1)).get('token') ?? '' }

page.hidden = false
document.title = `Members: ${page.querySelector('h1').textContent}`

for (const form of page.querySelectorAll('form')) {
  onSubmit(form, status, async (values) => {
    const path = form.getAttribute('action')
    const answer = await call('POST', path, { body: { ...proof, ...values } })
    if (answer.body.code === 'password_needed') return askWhose(answer.body.proof)
    if (answer.ok) finish(answer.body)
    return answer
  })
}

/** The proof stands for the link from now on. */
function askWhose(sent) {
  proof = { proof: sent }
  $('verify').hidden = true
  $('whose').hidden = false
  $('verify-known').elements.namedItem('password').focus()
}

function finish({ detail = 'Your account is ready.', code }) {
  if (page.dataset.path === '/sign-in' && !code) return location.assign('/')
  for (const part of page.querySelectorAll('form, div, p')) part.hidden = true
  // It is used up, and need not stay in the history of the browser.
  history.replaceState(null, '', location.pathname)
  status.say(detail, 'good')
  $('status').focus()
  if (code) {
    $('code-shown').textContent = code
    $('code-shown').hidden = false
  } else $('next').hidden = false
}
