/**
 * Names that are no options of `crudAuth()`, and what to write instead: options of a transport or a
 * feature, and what other libraries call what is here.
 */

const secret = 'write secret: process.env.AUTH_SECRET'
const users = 'the database goes to the adapter: write users: drizzleUsers(db, users)'
const columns = 'write users: drizzleUsers(db, users, { columns: { … } })'
const recovery =
  'write features: [recovery({ channels: [email(sender)], frontendUrl: … })] (from crudauth)'
const oauth =
  'write features: [oauth({ providers: { … }, redirectBaseUrl: … })] (from crudauth/oauth)'
const proxies =
  "write trustedProxies: { networks: ['10.0.0.0/8'] }, the networks in which your proxies stand, or { hops: 1 }"
const pages =
  'leave it out: your front end has the pages, and messages link to those of recovery({ frontendUrl })'

export const elsewhere: Readonly<Record<string, string>> = {
  session: 'write transports: [session({ … })]',
  bearer: 'write transports: [session(), bearer({ … })]',
  jwt: 'write transports: [bearer({ … })]',
  apiKeys: 'write transports: [session(), apiKeys({ … })]',
  csrf: 'write transports: [session({ csrf: true })]',
  sudo: 'write features: [sudo({ … })]',
  plugins: 'write features: [sudo()]',
  recovery,
  channels: recovery,
  email: recovery,
  mailer: recovery,
  frontendUrl: recovery,
  oauth,
  providers: oauth,
  socialProviders: oauth,
  redirectBaseUrl: oauth,
  emailAndPassword:
    'leave it out: people log in by e-mail address or username and password wherever the table has them',
  pages,
  baseUrl: pages,
  baseURL: pages,
  secretKey: secret,
  secret_key: secret,
  SECRET_KEY: secret,
  jwtSecret: secret,
  authSecret: secret,
  database: users,
  db: users,
  url: users,
  adapter: 'write users: drizzleUsers(db, users)',
  userModel: 'write users: drizzleUsers(db, users)',
  user_model: 'write users: drizzleUsers(db, users)',
  columns,
  columnMap: columns,
  column_map: columns,
  redis: 'write storage: redisStorage({ url: … }) from crudauth/redis',
  trustProxy: proxies,
  trustHost: proxies,
  'trust proxy': proxies,
  trustedProxyHops: proxies,
  cors: 'CORS headers are set by your framework; the origins of your pages go to trustedOrigins',
  origin: "write trustedOrigins: ['https://app.example.com'] for pages of another origin",
  rateLimit: 'write rateLimits: { register: { times: 5, seconds: 3600 } }',
  callbacks: 'write hooks: { afterLogin: (user, context) => … }',
  logger: 'write onEvent: (event) => …',
  basePath:
    "the routes are mounted below a path: write auth.mount(app, '/auth'), or auth.routes.under('/auth').fetch(call)",
}
