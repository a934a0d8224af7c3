/**
 * Loads the old table and nothing else, to look at it before the migration.
 */
import { defaultUrl, openDatabase } from './db.ts'

const { load, close } = openDatabase(process.env['DATABASE_URL'] || defaultUrl)
try {
  const loaded = await load()
  console.log(loaded ? 'quayside.members is loaded.' : 'quayside.members is there already.')
} finally {
  await close()
}
