/**
 * The epochs of rows that are there before their column is. Each row gets a random one: with equal
 * epochs, a credential of one person would be good for another one whose key it was taken for.
 */
import { quoteName, quoteTable } from '../quote.ts'
import type { Dialect, InspectedTable } from '../table.ts'

/** A whole number from 0 to 2^31 − 1, another one for every row. */
export const randomEpoch: Readonly<Record<Dialect, string>> = {
  postgresql: 'cast(floor(random() * 2147483648) as integer)',
  mysql: 'floor(rand() * 2147483648)',
  sqlite: 'random() & 2147483647',
}

/**
 * What the column is added with. PostgreSQL works its default out for every row; MariaDB once for
 * all of them, MySQL may refuse it and SQLite does, so that there an update follows.
 */
export function initialEpoch(dialect: Dialect): string {
  return dialect === 'postgresql' ? randomEpoch.postgresql : '0'
}

/** The statement that gives every row an epoch of its own. */
export function fillEpochs({ name, dialect }: InspectedTable, column: string): string {
  return `update ${quoteTable(name, dialect)} set ${quoteName(column, dialect)} = ${randomEpoch[dialect]};`
}

/**
 * What follows the column's addition, for existing rows and for those that other programs insert.
 */
export function afterAdding(table: InspectedTable, column: string): string[] {
  const [name, of] = [quoteTable(table.name, table.dialect), quoteName(column, table.dialect)]
  switch (table.dialect) {
    case 'postgresql':
      return []
    case 'mysql':
      return [
        '-- also touches columns that are declared on update current_timestamp',
        fillEpochs(table, column),
        `alter table ${name} alter column ${of} set default (${randomEpoch.mysql});`,
      ]
    case 'sqlite':
      return [fillEpochs(table, column)]
  }
}
