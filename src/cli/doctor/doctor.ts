/**
 * `crudauth doctor`: what the users table has, what it lacks, and how it would get it.
 */
import { configurationCheckup } from './configuration-checkup.ts'
import { connect } from './connection.ts'
import { databaseCheckup } from './database-checkup.ts'
import { installed } from './installed.ts'
import type { DoctorOptions } from './options.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

/** @throws Error for what cannot be looked at at all. */
export async function doctor(options: DoctorOptions): Promise<Outcome> {
  const orm = options.orm ?? installed.orm()
  if (options.config !== undefined) {
    return outcomeOf(options, await configurationCheckup(options.config, orm, options.decided))
  }
  const connection = await connect(options.database ?? '', options.timeoutSeconds)
  try {
    return outcomeOf(options, await databaseCheckup(connection, options, orm))
  } finally {
    await connection.close()
  }
}
