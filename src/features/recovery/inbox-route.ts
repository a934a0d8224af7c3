/** `GET /development-inbox`, for the developer's own browser. */
import * as z from 'zod'
import { type DevelopmentInbox, inboxPath } from '../../delivery/inbox.ts'
import { AuthError } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'

export function inboxRoute(inbox: DevelopmentInbox): Route {
  return route({
    method: 'GET',
    path: inboxPath,
    operation: {
      id: 'developmentInbox',
      summary: 'The messages of the development inbox',
      description: 'For browsers on this machine only, with the key that was printed.',
      responses: {
        200: { description: 'A page.', schema: z.string(), isPage: true },
      },
      errors: ['not_found'],
    },
    query: { schema: z.object({ key: z.string().default('') }), read: { key: String } },
    async handle({ exchange, query }) {
      const html = inbox.page(exchange, query.key)
      if (html === null) throw new AuthError('not_found', 'Not Found')
      return { status: 200, html }
    },
  })
}
