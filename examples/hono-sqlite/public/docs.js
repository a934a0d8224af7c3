/**
 * Shows the API document, and sends the CSRF token with what is tried from it.
 */
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
