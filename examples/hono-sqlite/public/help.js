/**
 * Asks for the messages with which people get back in.
 */
import { $, call, onSubmit, statusLine } from './forms.js'

const asked = statusLine($('ask-status'))

// `/help#verify` and the like, from the other pages.
const wanted = document.querySelector(
  `[name="what"][value="${CSS.escape(location.hash.slice(1))}"]`,
)
if (wanted) wanted.checked = true

onSubmit($('ask'), asked, async ({ what, email }) => {
  const answer = await call('POST', `/recovery/${what}-request`, { body: { email } })
  $('code').hidden = !answer.ok || what !== 'sign-in'
  if (answer.ok) asked.say(answer.body.detail, 'good')
  return answer
})

onSubmit($('code'), statusLine($('code-status')), async (values) => {
  const answer = await call('POST', '/recovery/sign-in-code', { body: values })
  if (answer.ok) location.assign('/')
  return answer
})
