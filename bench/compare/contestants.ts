/**
 * Who is compared with whom: each of the others with ours over the same storage, on Hono; those on
 * Fastify with ours on Fastify besides.
 */

export const groups = {
  memory: 'sessions in memory',
  redis: 'sessions in Redis',
  sqlite: 'sessions in SQLite',
  postgres: 'sessions and users in PostgreSQL',
  stateless: 'tokens and sealed cookies',
} as const

export type Group = keyof typeof groups

export interface Contestant {
  readonly group: Group
  readonly label: string
  readonly framework: string
  /** Whose versions are told. */
  readonly packages: readonly string[]
  readonly module: string
  readonly variant: string
  /** Whether a login that was ended is refused at once: verified. */
  readonly isRevocable: boolean
  /** What its own manual says of logins that are not used. */
  readonly idle: string
  readonly isOurs?: true
}

const at = (file: string) => new URL(file, import.meta.url).href
const ours = {
  label: 'crudauth',
  framework: 'Hono',
  packages: [],
  module: at('ours-on-hono.ts'),
} as const
const oursOnFastify = {
  label: 'crudauth, on Fastify',
  framework: 'Fastify',
  packages: [],
  module: at('ours-on-fastify.ts'),
} as const
const betterAuth = {
  label: 'Better Auth',
  framework: 'Hono',
  packages: ['better-auth'],
  module: at('../peers/better-auth.ts'),
  idle: 'after 7 days, to the day',
} as const
const express = {
  label: 'express-session, passport',
  framework: 'Express',
  packages: ['express-session', 'passport'],
  module: at('../peers/express.ts'),
} as const
const fastify = {
  framework: 'Fastify',
  module: at('../peers/fastify.ts'),
} as const
const authJs = {
  label: 'Auth.js',
  framework: 'Express',
  packages: ['@auth/express'],
  module: at('../peers/auth-js.ts'),
  idle: 'after 30 days, to the day',
} as const

const idle = 'ends'
const isRevocable = true

export const contestants: readonly Contestant[] = [
  { ...ours, group: 'memory', variant: 'session, memory', isRevocable, idle, isOurs: true },
  {
    ...oursOnFastify,
    group: 'memory',
    variant: 'session, memory',
    isRevocable,
    idle,
    isOurs: true,
  },
  { ...express, group: 'memory', variant: 'memory', isRevocable, idle: 'not by default' },
  {
    ...fastify,
    group: 'memory',
    label: '@fastify/session',
    packages: ['@fastify/session'],
    variant: 'session, memory',
    isRevocable,
    idle: 'not by default',
  },
  { ...ours, group: 'redis', variant: 'session, Redis', isRevocable, idle, isOurs: true },
  {
    ...oursOnFastify,
    group: 'redis',
    variant: 'session, Redis',
    isRevocable,
    idle,
    isOurs: true,
  },
  {
    ...betterAuth,
    group: 'redis',
    label: 'Better Auth, secondary storage',
    variant: 'secondary storage, Redis',
    isRevocable,
  },
  {
    ...express,
    group: 'redis',
    packages: [...express.packages, 'connect-redis'],
    variant: 'Redis',
    isRevocable,
    idle: 'after a day',
  },
  {
    ...fastify,
    group: 'redis',
    label: '@fastify/session',
    packages: ['@fastify/session', 'connect-redis'],
    variant: 'session, Redis',
    isRevocable,
    idle: 'after a day',
  },
  { ...ours, group: 'sqlite', variant: 'session, SQLite', isRevocable, idle, isOurs: true },
  { ...betterAuth, group: 'sqlite', variant: 'database, SQLite', isRevocable },
  {
    ...authJs,
    group: 'sqlite',
    packages: [...authJs.packages, '@auth/drizzle-adapter'],
    variant: 'SQLite',
    isRevocable,
  },
  { ...ours, group: 'postgres', variant: 'session, PostgreSQL', isRevocable, idle, isOurs: true },
  { ...betterAuth, group: 'postgres', variant: 'database, PostgreSQL', isRevocable },
  {
    ...express,
    group: 'postgres',
    packages: [...express.packages, 'connect-pg-simple'],
    variant: 'PostgreSQL',
    isRevocable,
    idle: 'after a day',
  },
  { ...authJs, group: 'postgres', variant: 'PostgreSQL', isRevocable },
  {
    ...ours,
    group: 'stateless',
    label: 'crudauth, bearer',
    variant: 'bearer',
    isRevocable,
    idle: 'a token lives for minutes',
    isOurs: true,
  },
  {
    ...oursOnFastify,
    group: 'stateless',
    label: 'crudauth, bearer, on Fastify',
    variant: 'bearer',
    isRevocable,
    idle: 'a token lives for minutes',
    isOurs: true,
  },
  {
    ...betterAuth,
    group: 'stateless',
    label: 'Better Auth, cookie cache',
    variant: 'cookie cache, SQLite',
    isRevocable: false,
  },
  {
    ...fastify,
    group: 'stateless',
    label: '@fastify/jwt',
    packages: ['@fastify/jwt'],
    variant: 'jwt',
    isRevocable: false,
    idle: 'a token lives for minutes',
  },
  {
    group: 'stateless',
    label: 'iron-session',
    framework: 'Hono',
    packages: ['iron-session'],
    module: at('../peers/iron-session.ts'),
    variant: 'sealed cookie',
    isRevocable: false,
    idle: 'no',
  },
]
