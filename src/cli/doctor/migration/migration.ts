/**
 * The migration that would give the table what it lacks: as SQL, and as the source of a schema.
 */
import type { Finding, Trouble } from '../diagnosis.ts'
import type { InspectedTable } from '../table.ts'
import { drizzleMigration } from './drizzle.ts'
import type { MissingIndex } from './indexes.ts'
import { kyselyMigration } from './kysely.ts'
import { prismaMigration } from './prisma.ts'
import { sqlMigration } from './sql.ts'

/** `sql` is run; the others are pasted into a schema or a migration. */
export type MigrationFormat = 'sql' | 'drizzle' | 'kysely' | 'prisma'

export const migrationFormats: readonly MigrationFormat[] = ['sql', 'drizzle', 'kysely', 'prisma']

/**
 * Nothing that rows hold is dropped or rewritten; what needs a decision is left as a comment.
 *
 * @param indexes What other tables lack.
 */
export function migrationOf(
  table: InspectedTable,
  findings: readonly Finding[],
  format: MigrationFormat,
  indexes: readonly MissingIndex[] = [],
): string {
  const wanted = withoutRepetition(findings)
  const troubles = wanted.flatMap((finding) => finding.troubles)
  switch (format) {
    case 'sql':
      return sqlMigration(table, wanted, indexes)
    case 'drizzle':
      return drizzleMigration(table, troubles, indexes)
    case 'kysely':
      return kyselyMigration(table, troubles, indexes)
    case 'prisma':
      return prismaMigration(table, troubles, indexes)
  }
}

/** An address that logs in and recovers is one column with one trouble. */
function withoutRepetition(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  const isNew = ({ kind, need }: Trouble) => {
    const name = `${kind} ${need.field}`
    if (seen.has(name)) return false
    seen.add(name)
    return true
  }
  return findings.map((finding) => ({ ...finding, troubles: finding.troubles.filter(isNew) }))
}
