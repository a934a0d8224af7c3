/**
 * `crudauth doctor`: what the users table has, what it lacks, and how it would get it.
 */

import { configurationOf } from './code.ts'
import { configuredTable } from './configuration.ts'
import { type Connection, connect } from './connection.ts'
import { problemsOf } from './construct.ts'
import { caseNotes, hashReport } from './data.ts'
import { diagnose, type Finding, type Identity, identityOf } from './diagnosis.ts'
import {
  knownLayout,
  oneEachMigration,
  onePasswordEach,
  passwordsElsewhere,
  withHash,
} from './elsewhere.ts'
import { inspectTable, tableNames } from './inspect.ts'
import { installed } from './installed.ts'
import { admissionOf, columnsToRead, type Decided, sqlOf } from './keeps-out.ts'
import { checkColumn, checkTold, mapTable } from './mapping.ts'
import { hasMends, type Mend, mendsOf, mendText } from './mends.ts'
import { type MigrationFormat, migrationOf } from './migration.ts'
import { type NewValue, newKeyOf, newRowNotes, newValues, unmadeKey } from './new-rows.ts'
import type { Orm } from './orm.ts'
import type { Plan } from './plan.ts'
import { prismaMendsOf, prismaMendText, prismaProblems } from './prisma-mends.ts'
import { reportOf } from './report.ts'
import { nothingRead, type Sample, sampleOf } from './sample.ts'
import type { Condition, Decision } from './signals.ts'
import type { InspectedTable, MappedColumn, TableMap } from './table.ts'
import { asksForPassword, isSecondFactor } from './words.ts'

export interface DoctorOptions {
  /** A module that exports a user store or what `crudAuth()` returned, or calls it. */
  readonly config?: string | undefined
  /** `postgresql://…`, `mysql://…`, or the path of an SQLite file. */
  readonly database?: string | undefined
  /** Default: `users`, or the only table whose name says so. */
  readonly table?: string | undefined
  /** Logical field to column. */
  readonly columns: Readonly<Record<string, string>>
  readonly login?: readonly string[] | undefined
  /** The column of the tenant. */
  readonly tenant?: string | undefined
  /** Default: nothing was decided. */
  readonly decided?: Decided
  /** Default: the one that is installed, Drizzle first. */
  readonly orm?: Orm | undefined
  readonly format: MigrationFormat
  readonly json: boolean
  /** Whether a feature that cannot be had counts as a failure too. */
  readonly strict: boolean
}

export interface Outcome {
  readonly output: string
  readonly exitCode: 0 | 1
}

/** What was found out. */
interface Diagnosis {
  readonly table: InspectedTable
  readonly map: TableMap
  readonly findings: readonly Finding[]
  readonly decisions: readonly Decision[]
  /** What is lost, a sentence each. */
  readonly losses: readonly string[]
  readonly notes: readonly string[]
  /** What would be refused at the start. */
  readonly problems: readonly string[]
  /** Providers by which nobody gets in. */
  readonly changedIssuers?: readonly string[]
  /** As printed; empty where a configuration is there already. */
  readonly code: string
  readonly mends: Mend | null
  readonly conditions: readonly Condition[]
  readonly orm: Orm
  /** Of other tables, as SQL. */
  readonly moreMigration?: string
}

/** @throws Error for what cannot be looked at at all. */
export async function doctor(options: DoctorOptions): Promise<Outcome> {
  const orm = options.orm ?? installed.orm()
  if (options.config !== undefined) {
    const configured = await configuredTable(options.config)
    const { table, map, identity } = configured
    return outcomeOf(options, {
      table,
      map,
      orm,
      findings: diagnose(table, map, identity),
      decisions: undecided(configured.table, map, orm, options.decided),
      losses: lossesOf(table),
      notes: configured.issuers.notes,
      problems: configured.problems,
      changedIssuers: configured.issuers.changed,
      code: '',
      mends: null,
      conditions: [],
    })
  }
  const connection = await connect(options.database ?? '')
  try {
    return outcomeOf(options, await diagnosisOf(connection, options, orm))
  } finally {
    await connection.close()
  }
}

async function diagnosisOf(
  connection: Connection,
  options: DoctorOptions,
  orm: Orm,
): Promise<Diagnosis> {
  const name = options.table ?? usersTable(await tableNames(connection))
  const found = await inspectTable(connection, name)
  const { columns: told, tenant, decided = nobodyDecided } = options
  checkTold(found, told)
  for (const column of [tenant, ...decided.ignored, ...Object.keys(decided.letIn)]) {
    if (column !== undefined) checkColumn(found, column)
  }
  const { states, numbers } = columnsToRead(found)
  const sample = await sampleOf(connection, found, states, numbers)
  const { map: own, admission, ours } = mapped(found, orm, sample, told, tenant, decided)
  const elsewhere = own.hashedPassword
    ? null
    : await passwordsElsewhere(connection, found, own, orm)
  const shown = elsewhere && withHash(found, elsewhere)
  const table = shown?.table ?? found
  const map: TableMap = shown ? { ...own, hashedPassword: shown.mapped } : own
  const identity = identityOf(table, map, options.login, ours)
  const findings = [
    ...diagnose(table, map, identity, ours),
    ...(elsewhere ? onePasswordEach(elsewhere) : []),
  ]
  const hashes = await hashesOf(
    connection,
    elsewhere?.table ?? table,
    elsewhere?.hash ?? map.hashedPassword,
    elsewhere ? undefined : map.id,
  )
  const used = onlyUsed(withoutMisfits(map, findings), identity)
  const added = newValues(table, orm, sample, used, tenant, admission.conditions)
  const plan: Plan = {
    table,
    orm,
    map: used,
    unmapped: misleading(table, used, orm, added),
    identity,
    conditions: admission.conditions,
    tenant,
    adopt: hashes.adopt,
    newValues: added,
    newKey: newKeyOf(table, used),
    ours,
    elsewhere,
  }
  const isBroken = findings.some(({ status }) => status === 'broken')
  const mend = { drizzle: mendsOf, prisma: prismaMendsOf, kysely: () => null }[orm](found, used)
  return {
    table,
    map,
    orm,
    findings,
    decisions: admission.decisions,
    losses: lossesOf(table),
    notes: [
      ...hashes.notes,
      ...(await caseNotes(connection, table, map, identity, ours, orm)),
      ...admission.notes,
      ...newRowNotes(plan.newValues, table),
      ...(elsewhere ? newRowNotes(elsewhere.values, elsewhere.table) : []),
      ...waitingNote(table, map, orm),
    ],
    // What is broken is told above in better words.
    problems: isBroken
      ? []
      : [
          ...unmadeKeyProblem(plan),
          ...(orm === 'prisma' ? prismaProblems(table) : []),
          ...(orm === 'prisma' && elsewhere ? prismaProblems(elsewhere.table) : []),
          ...problemsOf(plan),
        ],
    code: configurationOf(plan, { hono: installed.has('hono') }),
    mends: mend && hasMends(mend) ? mend : null,
    conditions: admission.conditions,
    moreMigration: elsewhere ? oneEachMigration(elsewhere) : '',
  }
}

/** What the stored hashes are; of a known layout, that. */
async function hashesOf(
  connection: Connection,
  table: InspectedTable,
  hash: MappedColumn | undefined,
  id: MappedColumn | undefined,
) {
  if (hash?.split) {
    const { format, parts } = hash.split
    const columns = [hash.column, ...parts].join(', ')
    const note = `hashes: in ${columns}; crudauth/hashes has ${format}() for them`
    return { notes: [note], adopt: [format] }
  }
  const map: TableMap = { ...(hash ? { hashedPassword: hash } : {}), ...(id ? { id } : {}) }
  return hashReport(connection, table, map)
}

const nobodyDecided: Decided = { letIn: {}, ignored: [] }

/** The whole map; what makes a login name unique depends on who counts as a user. */
function mapped(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  told: Readonly<Record<string, string>>,
  tenant: string | undefined,
  decided: Decided,
) {
  const { isActive: active, ...others } = told
  const first = mapTable({ table, orm, sample, told: others, ours: { tenant } })
  const taken = new Set(
    Object.values(first).flatMap(({ column, folded }) => [column, folded?.column ?? column]),
  )
  const admission = admissionOf(table, orm, sample, decided, active, taken)
  const ours = { tenant, where: sqlOf(admission.conditions, table) }
  const rest = mapTable({ table, orm, sample, told: others, ours })
  const isActive: MappedColumn | undefined = admission.isActive ?? undefined
  const { id, email, username, hashedPassword: named, ...flags } = rest
  const hashedPassword = (told['hashedPassword'] ? undefined : knownLayout(table)) ?? named
  const map: TableMap = {
    ...(id ? { id } : {}),
    ...(email ? { email } : {}),
    ...(username ? { username } : {}),
    ...(hashedPassword ? { hashedPassword } : {}),
    ...(isActive ? { isActive } : {}),
    ...flags,
  }
  return { map, admission, ours }
}

/** Without fields that can be left out, and whose column holds something else. */
function withoutMisfits(map: TableMap, findings: readonly Finding[]): TableMap {
  const misfits = new Set(
    findings
      .filter(({ status }) => status === 'missing')
      .flatMap(({ troubles }) => troubles.filter(({ kind }) => kind === 'type'))
      .map(({ need }) => need.field),
  )
  return Object.fromEntries(Object.entries(map).filter(([field]) => !misfits.has(field as never)))
}

/**
 * Without what neither logs in nor recovers: nothing would write it, and so the application may.
 */
function onlyUsed({ email, username, ...rest }: TableMap, { login, recovers }: Identity): TableMap {
  const { id, ...others } = rest
  return {
    ...(id ? { id } : {}),
    ...(email && (recovers || login.includes('email')) ? { email } : {}),
    ...(username && login.includes('username') ? { username } : {}),
    ...others,
  }
}

/**
 * Fields whose name a column has that was found to be something else, or is looked at elsewhere.
 */
function misleading(
  table: InspectedTable,
  map: TableMap,
  orm: Orm,
  added: readonly NewValue[],
): string[] {
  // Kysely sees no column that is not named.
  const isSeen = (column: string) => orm !== 'kysely' || added.some((one) => one.column === column)
  const used = new Set(Object.values(map).map(({ column }) => column))
  return (
    [
      'email',
      'username',
      'isActive',
      'isSuperuser',
      'emailVerified',
      'tokenVersion',
      'oauthProvider',
      'oauthCreatedAt',
      'oauthUpdatedAt',
    ] as const
  ).filter(
    (field) =>
      map[field] === undefined &&
      table.columns.some(
        ({ name }) =>
          !used.has(name) &&
          isSeen(name) &&
          name.replaceAll('_', '').toLowerCase() === field.toLowerCase(),
      ),
  )
}

/** Columns of a configured table that say who is kept out, and that nothing looks at. */
function undecided(
  table: InspectedTable,
  map: TableMap,
  orm: Orm,
  decided: Decided = nobodyDecided,
): readonly Decision[] {
  const used = new Set(Object.values(map).map(({ column }) => column))
  const { decisions, conditions, isActive } = admissionOf(
    table,
    orm,
    nothingRead,
    decided,
    undefined,
    used,
  )
  const columns = [
    ...decisions.map(({ column }) => column),
    ...conditions.map(({ column }) => column),
    ...(isActive ? [isActive.column] : []),
  ]
  return [...new Set(columns)]
    .filter((column) => !used.has(column) && !table.conditionColumns?.includes(column))
    .map((column) => ({
      column,
      question: `${column} may say who is kept out, and neither isActive nor where looks at it`,
      answers: [`--ignore ${column}`],
    }))
}

function unmadeKeyProblem({ table, map }: Plan): string[] {
  const key = unmadeKey(table, map)
  if (!key) return []
  return [
    `${key.name} must have a value, and the database makes none: make it an identity, or write newKey: () => … beside columns`,
  ]
}

/** What the table has and crudauth does not ask for. */
function lossesOf({ columns }: InspectedTable): string[] {
  const factors = columns.filter(({ name }) => isSecondFactor(name)).map(({ name }) => name)
  const forced = columns.filter(({ name }) => asksForPassword(name)).map(({ name }) => name)
  return [
    ...(factors.length > 0
      ? [
          `second factors (${factors.join(', ')}): crudauth asks for none yet, so that who has one logs in with the password alone`,
        ]
      : []),
    ...(forced.length > 0
      ? [
          `forced changes of passwords (${forced.join(', ')}): nobody is asked for a new one at the login`,
        ]
      : []),
  ]
}

/** A table may have new accounts wait. */
function waitingNote(table: InspectedTable, { isActive }: TableMap, orm: Orm): string[] {
  const column = table.columns.find(({ name }) => name === isActive?.column)
  if (!column || isActive?.codec || !/^\(?(?:false|0|'0'|b'0')/i.test(column.defaultText ?? ''))
    return []
  if (orm !== 'drizzle') {
    const title = { kysely: 'Kysely', prisma: "Prisma's client" }[orm]
    return [
      `new accounts do not wait: ${title} does not know that ${column.name} is ${column.defaultText} by default, so that it is written`,
    ]
  }
  return [
    `new accounts wait: ${column.name} is ${column.defaultText} by default, until auth.users.enable() or the application sets it`,
  ]
}

function outcomeOf(options: DoctorOptions, diagnosis: Diagnosis): Outcome {
  const { table, map, findings, decisions, losses, notes, problems, code, mends, conditions } =
    diagnosis
  const { changedIssuers = [] } = diagnosis
  const isMissing = findings.some(({ status }) => status === 'missing') || losses.length > 0
  const troubles = [...problems, ...changedIssuers]
  const isBroken = findings.some(({ status }) => status === 'broken') || troubles.length > 0
  const failed = isBroken || decisions.length > 0 || (options.strict && isMissing)
  const exitCode = failed ? 1 : 0
  const migration = [migrationOf(table, findings, options.format), diagnosis.moreMigration]
    .filter(Boolean)
    .join('\n')
  if (options.json) {
    const features = findings.map(({ feature, status, troubles }) => ({
      name: feature.name,
      status,
      required: feature.required,
      troubles: troubles.map(({ need, ...trouble }) => ({ field: need.field, ...trouble })),
    }))
    const report = {
      ready: !failed,
      table: table.name,
      dialect: table.dialect,
      map,
      features,
      decisions,
      losses,
      problems,
      changedIssuers,
      conditions,
      notes,
      code,
      mends: mends && {
        ...mends,
        lines: Object.fromEntries(mends.lines),
        additions: Object.fromEntries(mends.additions),
      },
      migration,
    }
    return {
      output: JSON.stringify(report, (_, one) => (typeof one === 'bigint' ? String(one) : one), 2),
      exitCode,
    }
  }
  const [puller, mended] =
    diagnosis.orm === 'prisma'
      ? ['prisma db pull', mends && prismaMendText(mends)]
      : ['drizzle-kit pull', mends && mendText(mends)]
  const titles = { drizzle: 'Drizzle', kysely: 'Kysely', prisma: 'Prisma' }
  const list = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n')
  const parts = [
    reportOf(table, findings),
    ...(losses.length > 0 ? [`Lost:\n\n${list(losses)}`] : []),
    ...(notes.length > 0 ? [list(notes)] : []),
    ...(decisions.length > 0
      ? [
          `To be decided, since it keeps people out:\n\n${decisions
            .map(({ question, answers }) => `  ${question}\n    write ${answers.join(', or ')}`)
            .join('\n')}`,
        ]
      : []),
    ...(problems.length > 0 ? [`crudAuth() would refuse to start:\n\n${list(problems)}`] : []),
    ...(changedIssuers.length > 0
      ? [`BROKEN: nobody would get in by these providers:\n\n${list(changedIssuers)}`]
      : []),
    ...(mends === null ? [] : [`In the schema that ${puller} writes, write instead:\n\n${mended}`]),
    ...(code === '' ? [] : [`To start from, with ${titles[diagnosis.orm]}:\n\n${code}`]),
    ...(migration === '' ? [] : [`What would add the rest (${options.format}):\n\n${migration}`]),
    isBroken
      ? 'Not ready: see what is BROKEN above.'
      : decisions.length > 0
        ? 'Not ready: see what is to be decided above.'
        : failed
          ? 'Not ready: see what is missing or lost above.'
          : 'Ready: everything that is needed is there.',
  ]
  return { output: parts.join('\n\n'), exitCode }
}

/** @throws Error when it cannot be told. */
function usersTable(tables: readonly string[]): string {
  const bare = (name: string) => name.slice(name.lastIndexOf('.') + 1)
  const likely = [
    'users',
    'user',
    'User',
    'Users',
    'accounts',
    'auth_user',
    'AspNetUsers',
    'members',
    'people',
    'wp_users',
  ]
  const found = likely.flatMap((name) => tables.filter((table) => bare(table) === name))
  const ending = tables.filter((table) => /(?:^|[_.])users?(?:_entity|_field_data)?$/i.test(table))
  const only = ending.length === 1 ? ending[0] : undefined
  // Of several schemas one is the current one, which comes first.
  const name = found[0] ?? only
  if (name !== undefined) return name
  throw new Error(
    `which table holds the users? Name it with --table; there are: ${tables.join(', ') || 'none'}`,
  )
}
