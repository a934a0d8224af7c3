/**
 * The static files: the page, and the viewer of the API document. Nothing comes from elsewhere.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

const own = join(import.meta.dirname, 'public')
const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** Path to file. */
export type Files = Readonly<Record<string, string>>

/** Where links in messages lead, by the default `paths` of `recovery()`. */
const linkPages = [
  '/verify-email',
  '/reset-password',
  '/sign-in',
  '/unlock',
  '/confirm-email-change',
  '/undo-change',
  '/unfreeze',
  '/choose-name',
]

const ownFiles: Files = {
  ...Object.fromEntries(linkPages.map((path) => [path, join(own, 'link.html')])),
  '/': join(own, 'index.html'),
  '/page.js': join(own, 'page.js'),
  '/credentials.js': join(own, 'credentials.js'),
  '/forms.js': join(own, 'forms.js'),
  '/providers.js': join(own, 'providers.js'),
  '/style.css': join(own, 'style.css'),
  '/icon.svg': join(own, 'icon.svg'),
  '/help': join(own, 'help.html'),
  '/help.js': join(own, 'help.js'),
  '/link.js': join(own, 'link.js'),
  '/docs': join(own, 'docs.html'),
  '/docs.css': join(own, 'docs.css'),
  '/docs.js': join(own, 'docs.js'),
  '/docs/swagger-ui.css': join(viewer, 'swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': join(viewer, 'swagger-ui-bundle.js'),
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Scripts, styles and connections of this origin only, nothing inline, no frames. */
const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

/** The viewer draws its icons from data URLs. */
const viewerPolicy = { ...policy, imgSrc: ["'self'", 'data:'] }

const headers = (contentSecurityPolicy: typeof policy) =>
  secureHeaders({
    contentSecurityPolicy,
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    // For the proxy that ends TLS to decide.
    strictTransportSecurity: false,
  })

export function pages(files: Files = ownFiles) {
  const app = new Hono()
  const strict = headers(policy)
  const forViewer = headers(viewerPolicy)
  app.use((c, next) => (c.req.path === '/docs' ? forViewer : strict)(c, next))
  for (const [path, file] of Object.entries(files)) {
    app.get(path, async (c) => {
      const type = types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      return c.body(await readFile(file), 200, {
        'content-type': type,
        'cache-control': 'no-cache',
      })
    })
  }
  return app
}
