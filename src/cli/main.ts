#!/usr/bin/env node
/**
 * `npx crudauth`: the commands.
 */
import { parseArgs } from 'node:util'
import { secureRandom } from '../crypto.ts'
import { doctor } from './doctor/doctor.ts'
import { type MigrationFormat, migrationFormats } from './doctor/migration/migration.ts'
import type { DoctorOptions } from './doctor/options.ts'
import { type Orm, orms } from './doctor/orm.ts'

const help = `Usage:
  crudauth doctor --config ./src/auth.ts
      Checks the users table of a module that calls crudAuth(), or exports it or a user store.

  crudauth doctor --database URL [--table users] [--columns id=ID,email=user_email]
      Checks a table where it is: postgresql://…, mysql://…, or the path of an SQLite file.

      --login email,username   the fields to log in by; default: those that there are
      --tenant realm_id        the column of the tenant, with which others are unique
      --let-in state=active    the values of a column with which somebody is let in; all others
                               are kept out. May be repeated, one column each
      --ignore kind,level      columns that do not say who may log in; of other tables
                               user_bans or person.banned
      --orm NAME               drizzle, kysely or prisma; default: the one that is installed
      --migration FORMAT       sql (default), drizzle, kysely or prisma
      --timeout SECONDS        how long a statement may take; default: 5
      --strict                 a feature that cannot be had is a failure, too
      --json                   for programs

      Exit code: 0 ready, 1 not ready, 2 could not look.

  crudauth secret
      Makes a secret of 32 random bytes, for AUTH_SECRET.
`

/** Says what is wrong with the command line. */
class UsageError extends Error {}

async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === 'help' || args.includes('--help') || args.includes('-h')) {
    print(help)
    return 0
  }
  switch (command) {
    case 'secret':
      if (rest.length > 0) throw new UsageError('secret takes no arguments')
      print(Buffer.from(secureRandom(32)).toString('base64url'))
      return 0
    case 'doctor': {
      const { output, exitCode } = await doctor(doctorOptions(rest))
      print(output)
      return exitCode
    }
    case undefined:
      print(help)
      return 2
    default:
      // Not repeated: it may be the address of a database, with its password.
      throw new UsageError('there is no such command')
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function doctorOptions(args: readonly string[]): DoctorOptions {
  const { values } = parse(args)
  const { config, database, table, json = false, strict = false, login } = values
  if ((config === undefined) === (database === undefined)) {
    throw new UsageError('doctor takes either --config or --database')
  }
  const format = values.migration ?? 'sql'
  if (!migrationFormats.includes(format as MigrationFormat)) {
    throw new UsageError(`--migration is one of: ${migrationFormats.join(', ')}`)
  }
  const columns = Object.fromEntries(
    (values.columns?.split(',') ?? []).map((pair) => {
      const [field = '', column, ...more] = pair.split('=')
      if (!column || more.length > 0) {
        throw new UsageError('--columns takes pairs, such as id=account_id,email=user_email')
      }
      return [field, column]
    }),
  )
  const orm = values.orm
  if (orm !== undefined && !orms.includes(orm as Orm)) {
    throw new UsageError(`--orm is one of: ${orms.join(', ')}`)
  }
  const letIn = Object.fromEntries(
    (values['let-in'] ?? []).map((pair) => {
      const [, column, list] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
      if (column === undefined || list === undefined) {
        throw new UsageError('--let-in takes a column and its values, such as state=active,new')
      }
      return [column, list.split(',')]
    }),
  )
  const fields = login?.split(',')
  if (fields?.some((field) => field !== 'email' && field !== 'username')) {
    throw new UsageError('--login takes email, username, or both: email,username')
  }
  return {
    config,
    database,
    table,
    columns,
    login: fields,
    tenant: values.tenant,
    decided: { letIn, ignored: values.ignore?.split(',') ?? [] },
    orm: orm as Orm | undefined,
    timeoutSeconds: secondsOf(values.timeout),
    format: format as MigrationFormat,
    json,
    strict,
  }
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 3600) return seconds
  throw new UsageError('--timeout takes a number of seconds, such as 30; 3600 at most')
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        database: { type: 'string' },
        table: { type: 'string' },
        columns: { type: 'string' },
        login: { type: 'string' },
        tenant: { type: 'string' },
        'let-in': { type: 'string', multiple: true },
        ignore: { type: 'string' },
        orm: { type: 'string' },
        timeout: { type: 'string' },
        migration: { type: 'string' },
        json: { type: 'boolean' },
        strict: { type: 'boolean' },
      },
    })
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    throw new UsageError(
      code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
        ? 'what the doctor looks at needs its name before it: --database or --config'
        : message,
    )
  }
}

// A server that the module starts may find its port in use: that is no matter of ours.
process.on('uncaughtException', ({ message }) => process.stderr.write(`crudauth: ${message}\n`))
try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { message, code } = error as Error & { code?: unknown }
  const told = error instanceof UsageError ? `${message}\n\n${help}` : message || String(code)
  process.stderr.write(`crudauth: ${told}\n`)
  process.exitCode = error instanceof Error && error.name === 'ConfigurationError' ? 1 : 2
}
// A module that was looked at may have opened what would keep the process alive: a pool, a server.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
