/**
 * Shows the API document, and sends the CSRF token with what is tried from it.
 */
// The viewer has a dark style, which it does not choose by itself.
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#viewer',
  validatorUrl: null,
  requestInterceptor(request) {
    const token = document.cookie.match(/(?:^|; )csrf_token=([^;]*)/)?.[1]
    if (token && request.method !== 'GET') request.headers['X-CSRF-Token'] = token
    return request
  },
})
