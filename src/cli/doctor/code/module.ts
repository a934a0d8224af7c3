/**
 * The configuration that adopts the table, as a module to start from, for the query builder in use.
 */
import type { NewValue } from '../new-rows.ts'
import { type Orm, propertyOf, tableIn } from '../orm.ts'
import type { Plan } from '../plan.ts'
import { quoteText } from '../quote.ts'
import { columnLines } from './columns.ts'
import { whereLines } from './conditions.ts'
import { Imports } from './imports.ts'
import { pairOf } from './pairs.ts'
import { passwordLines } from './passwords.ts'
import { isUniqueAlone, keyLine, otherLines, uniqueColumns } from './unseen.ts'

/** Whether Hono is installed, for which there is a factory of its own. */
export interface Surroundings {
  readonly hono: boolean
}

export function configurationOf(plan: Plan, { hono }: Surroundings): string {
  const { orm, table } = plan
  const imports = new Imports()
  const factory = hono ? 'honoAuth' : 'crudAuth'
  const entry = hono ? 'crudauth/hono' : 'crudauth'
  imports.add(entry, factory)
  imports.add(hono ? 'crudauth/hono' : 'crudauth', 'session')
  const users = usersLines(plan, imports)
  if (plan.adopt.length > 0) for (const name of plan.adopt) imports.add('crudauth/hashes', name)
  const lines = [
    `export const auth = ${factory}({`,
    ...users,
    '  secret: process.env.AUTH_SECRET,',
    '  transports: [session()],',
    ...identityLines(plan),
    ...(plan.adopt.length > 0
      ? [`  passwords: { adopt: [${plan.adopt.map((name) => `${name}()`).join(', ')}] },`]
      : []),
    ...registrationLines(plan.newValues, orm, imports),
    ...(plan.tenant === undefined
      ? []
      : ["  tenant: (request) => request.headers.get('x-tenant') ?? '', // say how"]),
    '})',
  ]
  const store = tableIn(orm, table.name)
  const database = {
    drizzle: [
      "import { db } from './db.ts'",
      `import { ${[...(plan.elsewhere ? [tableIn(orm, plan.elsewhere.table.name)] : []), store].sort().join(', ')} } from './schema.ts'`,
    ],
    kysely: ["import { db } from './db.ts'"],
    prisma: ["import { prisma } from './prisma.ts'"],
  }[orm]
  return [...imports.lines(), ...database, '', ...lines].join('\n')
}

function usersLines(plan: Plan, imports: Imports): string[] {
  const { orm, table } = plan
  const name = tableIn(orm, table.name)
  const columns = columnLines(plan, imports)
  const tenant =
    plan.tenant === undefined ? [] : [`    tenant: ${quoteText(propertyOf(orm, plan.tenant))},`]
  const where = [
    ...passwordLines(plan, imports),
    ...whereLines(plan, imports),
    ...newKeyLines(plan, imports),
  ]
  switch (orm) {
    case 'drizzle': {
      imports.add('crudauth/drizzle', 'drizzleUsers')
      const options = [...columns, ...tenant, ...where]
      return options.length === 0
        ? [`  users: drizzleUsers(db, ${name}),`]
        : [`  users: drizzleUsers(db, ${name}, {`, ...options, '  }),']
    }
    case 'kysely': {
      imports.add('crudauth/kysely', 'kyselyUsers')
      return [
        `  users: kyselyUsers(db, ${quoteText(name)}, {`,
        ...columns,
        `    unique: [${uniqueColumns(plan).map(quoteText).join(', ')}],`,
        ...keyLine(plan, plan.map.id?.column, 'key', 'integer'),
        ...tenant,
        ...keyLine(plan, plan.tenant, 'tenantKey', 'text'),
        ...otherLines(plan),
        ...where,
        '  }),',
      ]
    }
    case 'prisma':
      imports.add('crudauth/prisma', 'prismaUsers')
      return [
        `  users: prismaUsers(prisma, ${quoteText(name)}, {`,
        `    unique: [${uniqueColumns(plan)
          .map((one) => quoteText(propertyOf(orm, one)))
          .join(', ')}]${isUniqueAlone(plan) ? '' : ' as never'},`,
        ...columns,
        ...tenant,
        ...where,
        '  }),',
      ]
  }
}

function newKeyLines({ newKey }: Plan, imports: Imports): string[] {
  if (newKey === null) return []
  imports.add('node:crypto', newKey.crypto)
  return [`    newKey: ${newKey.code},`]
}

/** Said where the default would take in a field that is not unique. */
function identityLines({ map, identity }: Plan): string[] {
  const present = (['email', 'username'] as const).filter((field) => map[field] !== undefined)
  const names = identity.login.map((name) => `'${name}'`).join(', ')
  const recovery = map.email !== undefined && !identity.recovers ? ', recovery: null' : ''
  if (present.length === identity.login.length && recovery === '') return []
  return [`  identity: { login: [${names}]${recovery} },`]
}

function registrationLines(values: readonly NewValue[], orm: Orm, imports: Imports): string[] {
  if (values.length === 0) return []
  const line = ({ column, code }: NewValue) => pairOf(orm, column, code)
  for (const { crypto } of values) if (crypto) imports.add('node:crypto', crypto)
  const fixed = values.filter(({ varies }) => !varies).map(line)
  const varying = values.filter(({ varies }) => varies).map(line)
  return [
    '  registration: {',
    ...(fixed.length > 0 ? [`    newUserDefaults: { ${fixed.join(', ')} },`] : []),
    ...(varying.length > 0 ? [`    newUserFields: () => ({ ${varying.join(', ')} }),`] : []),
    '  },',
  ]
}
