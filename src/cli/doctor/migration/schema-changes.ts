/**
 * What a schema says of columns that it has already, and what it cannot say at all.
 */
import type { Trouble } from '../diagnosis.ts'
import type { Need } from '../features.ts'
import { oneLine } from '../quote.ts'
import type { InspectedTable } from '../table.ts'
import { fillEpochs } from './first-epochs.ts'

/** What is to be written to a column that the schema has already. */
export function schemaChange(trouble: Trouble, unique: string, wide: string): string[] {
  if (!('column' in trouble)) return []
  const told = (what: string) => [oneLine(`// ${trouble.need.field} (${trouble.column}): ${what}`)]
  switch (trouble.kind) {
    case 'not unique':
      return told(`add ${unique}`)
    case 'short':
      return told(`make it longer, with ${wide}`)
    case 'type':
      return told(`holds ${trouble.found}; map another column or convert it`)
    case 'folded':
      return []
  }
}

/** What a schema cannot say, for the migration that is made from it. */
export function epochNotes(table: InspectedTable, absent: readonly Need[]): string[] {
  return absent
    .filter(({ kind }) => kind === 'counter')
    .flatMap(({ column }) => [
      '// at the end of the migration, so that each row has an epoch of its own:',
      oneLine(`// ${fillEpochs(table, column)}`),
    ])
}

/** The columns that are to be added. */
export function absentOf(troubles: readonly Trouble[]): readonly Need[] {
  return troubles.filter(({ kind }) => kind === 'absent').map(({ need }) => need)
}
