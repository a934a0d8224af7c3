/** `GET /development-inbox`, for the developer's own browser. */
import * as z from 'zod'
import type { DevelopmentInbox } from '../../delivery/inbox.ts'
import { AuthError } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'

export function inboxRoute(inbox: DevelopmentInbox): Route {
  return route({
    method: 'GET',
    path: '/development-inbox',
    operation: {
      id: 'developmentInbox',
      summary: 'The messages of the development inbox',
      description: 'For browsers on this machine only.',
      responses: {
        200: { description: 'A page.', schema: z.string(), isPage: true },
      },
      errors: ['not_found'],
    },
    async handle({ exchange }) {
      const html = inbox.page(exchange)
      if (html === null) throw new AuthError('not_found', 'Not Found')
      return { status: 200, html }
    },
  })
}
