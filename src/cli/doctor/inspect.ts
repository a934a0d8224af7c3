/**
 * Reads a table's definition out of a database. Nothing is written.
 */
import type { UserColumn } from '../../users/store.ts'
import type { Connection } from './connection.ts'
import type { InspectedColumn, InspectedTable, UniqueKey } from './table.ts'

type Row = Record<string, unknown>

/** @throws Error when there is no such table. */
export async function inspectTable(connection: Connection, name: string): Promise<InspectedTable> {
  const { dialect } = connection
  const [columns, uniqueKeys] = await {
    postgresql: onPostgres,
    mysql: onMysql,
    sqlite: onSqlite,
  }[dialect](connection, name)
  if (columns.length === 0) {
    const tables = await tableNames(connection)
    throw new Error(
      `there is no table ${name}; there are: ${tables.join(', ') || 'none'}. Name it with --table`,
    )
  }
  return { name, dialect, columns, uniqueKeys }
}

export async function tableNames({ dialect, query }: Connection): Promise<string[]> {
  const rows = await query(
    {
      postgresql: `select table_name as name from information_schema.tables where table_schema = current_schema() order by 1`,
      mysql: `select table_name as name from information_schema.tables where table_schema = database() order by 1`,
      sqlite: `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1`,
    }[dialect],
  )
  return rows.map(({ name }) => String(name))
}

type Parts = readonly [InspectedColumn[], UniqueKey[]]

async function onPostgres({ query }: Connection, name: string): Promise<Parts> {
  const [table = '', schema = null] = name.split('.').reverse()
  const columns = await query(
    `select column_name as name, data_type as type, character_maximum_length as length,
       is_nullable = 'YES' as nullable, (column_default is not null or is_identity = 'YES') as has_default
     from information_schema.columns
     where table_name = $1 and table_schema = coalesce($2, current_schema()) order by ordinal_position`,
    [table, schema],
  )
  const keys = await query(
    `select i.indisprimary as primary, pg_get_indexdef(i.indexrelid) as definition,
       string_agg(coalesce(a.attname, ''), chr(9) order by k.n) as columns
     from pg_index i
     join pg_class c on c.oid = i.indrelid
     join pg_namespace s on s.oid = c.relnamespace
     join lateral unnest(i.indkey) with ordinality k(attnum, n) on k.n <= i.indnkeyatts
     left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
     where c.relname = $1 and s.nspname = coalesce($2, current_schema()) and i.indisunique and i.indisvalid and i.indpred is null
     group by i.indexrelid, i.indisprimary`,
    [table, schema],
  )
  return [
    columns.map((row) => columnOf(row, postgresType(String(row['type'])))),
    keys.flatMap((row) => keyOf(row, String(row['definition']))),
  ]
}

async function onMysql({ query }: Connection, name: string): Promise<Parts> {
  const columns = await query(
    `select column_name as name, column_type as type, character_maximum_length as length,
       is_nullable = 'YES' as nullable, (column_default is not null or extra like '%auto_increment%') as has_default
     from information_schema.columns
     where table_name = ? and table_schema = database() order by ordinal_position`,
    [name],
  )
  const keys = await query(
    `select index_name = 'PRIMARY' as \`primary\`, max(sub_part is not null or column_name is null) as partial,
       group_concat(column_name order by seq_in_index separator '\t') as columns
     from information_schema.statistics
     where table_name = ? and table_schema = database() and non_unique = 0 group by index_name`,
    [name],
  )
  return [
    columns.map((row) => columnOf(row, mysqlType(String(row['type'])))),
    keys.filter(({ partial }) => Number(partial) === 0).flatMap((row) => keyOf(row, '')),
  ]
}

async function onSqlite({ query }: Connection, name: string): Promise<Parts> {
  const columns = await query(`select * from pragma_table_info(?)`, [name])
  const indexes = await query(
    `select l.name, l.partial, group_concat(coalesce(i.name, ''), char(9)) as columns, m.sql as definition
     from pragma_index_list(?) l join pragma_index_info(l.name) i left join sqlite_master m on m.name = l.name
     where l."unique" = 1 group by l.name`,
    [name],
  )
  const primary = columns.filter(({ pk }) => Number(pk) > 0)
  return [
    columns.map((row) => {
      // A length or a size that was declared is not looked at by SQLite.
      return columnOf(
        {
          name: row['name'],
          nullable: Number(row['notnull']) === 0 && Number(row['pk']) === 0,
          has_default: row['dflt_value'] !== null || Number(row['pk']) > 0,
        },
        sqliteType(String(row['type'])),
      )
    }),
    [
      ...(primary.length > 0
        ? [{ columns: primary.map(({ name }) => String(name)), folds: false, primary: true }]
        : []),
      ...indexes
        .filter(({ partial }) => Number(partial) === 0)
        .flatMap((row) => keyOf(row, String(row['definition'] ?? ''))),
    ],
  ]
}

function columnOf(row: Row, type: UserColumn['type']): InspectedColumn {
  const length = Number(row['length'] ?? Number.NaN)
  return {
    name: String(row['name']),
    type,
    nullable: Boolean(Number(row['nullable'])),
    hasDefault: Boolean(Number(row['has_default'])),
    ...(type === 'string' && Number.isFinite(length) ? { maxLength: length } : {}),
    ...(type === 'number' ? bitsOf(String(row['type'])) : {}),
  }
}

function bitsOf(type: string): Pick<InspectedColumn, 'integerBits'> {
  const size = /^(tiny|small|medium)int/.exec(type)?.[1]
  return size === undefined ? {} : { integerBits: { tiny: 8, small: 16, medium: 24 }[size] ?? 32 }
}

/**
 * An index on an expression other than `lower(column)`, alone or among others, keeps no column's
 * rows apart.
 */
function keyOf(row: Row, definition: string): UniqueKey[] {
  const primary = Boolean(Number(row['primary'] ?? 0))
  const folded = /\(\s*lower\(\(?"?(\w+)"?\)?(?:::\w+)?\)\s*\)/i.exec(definition)?.[1]
  if (folded !== undefined) return [{ columns: [folded], folds: true, primary }]
  const columns = String(row['columns']).split('\t')
  return columns.includes('') ? [] : [{ columns, folds: false, primary }]
}

function postgresType(type: string): UserColumn['type'] {
  if (/^(?:character|text|uuid|citext|USER-DEFINED)/.test(type)) return 'string'
  if (/^(?:smallint|integer)/.test(type)) return 'number'
  if (type === 'bigint') return 'bigint'
  if (type === 'boolean') return 'boolean'
  return /^(?:timestamp|date)/.test(type) ? 'date' : 'other'
}

function mysqlType(type: string): UserColumn['type'] {
  if (/^(?:varchar|char|text|tinytext|mediumtext|longtext|enum)/.test(type)) return 'string'
  if (type === 'tinyint(1)') return 'boolean'
  if (/^bigint/.test(type)) return 'bigint'
  if (/^(?:tiny|small|medium)?int/.test(type)) return 'number'
  return /^(?:datetime|timestamp|date)/.test(type) ? 'date' : 'other'
}

function sqliteType(type: string): UserColumn['type'] {
  if (/bool/i.test(type)) return 'boolean'
  if (/int/i.test(type)) return 'number'
  if (/char|text|clob/i.test(type)) return 'string'
  return /date|time/i.test(type) ? 'date' : 'other'
}
