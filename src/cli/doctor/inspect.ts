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
  const read = { postgresql: onPostgres, mysql: onMysql, sqlite: onSqlite }[dialect]
  const { columns, uniqueKeys, ...more } = await read(connection, name)
  if (columns.length === 0) {
    const tables = await tableNames(connection)
    throw new Error(
      `there is no table ${name}; there are: ${tables.join(', ') || 'none'}. Name it with --table`,
    )
  }
  return { name, dialect, columns, uniqueKeys, ...more }
}

/** Tables of other schemas have theirs before them. */
export async function tableNames({ dialect, query }: Connection): Promise<string[]> {
  const rows = await query(
    {
      postgresql: `select case when n.nspname = current_schema() then c.relname else n.nspname || '.' || c.relname end as name
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        order by n.nspname <> current_schema(), 1`,
      mysql: `select table_name as name from information_schema.tables where table_schema = database() order by 1`,
      sqlite: `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1`,
    }[dialect],
  )
  return rows.map(({ name }) => String(name))
}

/** Without its schema. */
export function bare(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** Tables with a foreign key to this one. */
export async function referencing(
  { dialect, query }: Connection,
  users: string,
): Promise<string[]> {
  const [table = '', schema = null] = users.split('.').reverse()
  const rows = await query(
    {
      postgresql: `select distinct case when n.nspname = current_schema() then c.relname else n.nspname || '.' || c.relname end as name
        from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_class u on u.oid = f.confrelid join pg_namespace s on s.oid = u.relnamespace
        where f.contype = 'f' and u.relname = $1 and s.nspname = coalesce($2, current_schema()) order by 1`,
      mysql: `select distinct table_name as name from information_schema.key_column_usage
        where table_schema = database() and referenced_table_name = ? order by 1`,
      sqlite: `select distinct m.name as name from sqlite_master m join pragma_foreign_key_list(m.name) f
        where m.type = 'table' and lower(f."table") = lower(?) order by 1`,
    }[dialect],
    dialect === 'postgresql' ? [table, schema] : [table],
  )
  return rows.map(({ name }) => String(name))
}

type Parts = Pick<InspectedTable, 'columns' | 'uniqueKeys' | 'isMariaDb'>

/** Out of the system's own tables: somebody who may only select sees all of it there. */
async function onPostgres({ query }: Connection, name: string): Promise<Parts> {
  const [table = '', schema = null] = name.split('.').reverse()
  const columns = await query(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as sql_type,
       format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as base_type,
       information_schema._pg_char_max_length(coalesce(nullif(t.typbasetype, 0), t.oid), coalesce(nullif(t.typtypmod, -1), a.atttypmod)) as length,
       not (a.attnotnull or t.typnotnull) as nullable, (a.atthasdef or a.attidentity <> '') as has_default,
       a.attgenerated <> '' as generated, pg_get_expr(d.adbin, d.adrelid) as default_text,
       (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
       (select min(r.relname) from pg_constraint f join pg_class r on r.oid = f.confrelid
         where f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]) as "references"
     from pg_attribute a
     join pg_class c on c.oid = a.attrelid
     join pg_namespace s on s.oid = c.relnamespace
     join pg_type t on t.oid = a.atttypid
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relname = $1 and s.nspname = coalesce($2, current_schema()) and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table, schema],
  )
  const keys = await query(
    `select i.indisprimary as primary, pg_get_indexdef(i.indexrelid) as definition,
       pg_get_expr(i.indpred, i.indrelid) as predicate,
       string_agg(coalesce(a.attname, ''), chr(9) order by k.n) as columns
     from pg_index i
     join pg_class c on c.oid = i.indrelid
     join pg_namespace s on s.oid = c.relnamespace
     join lateral unnest(i.indkey) with ordinality k(attnum, n) on k.n <= i.indnkeyatts
     left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
     where c.relname = $1 and s.nspname = coalesce($2, current_schema()) and i.indisunique and i.indisvalid
     group by i.indexrelid, i.indrelid, i.indpred, i.indisprimary`,
    [table, schema],
  )
  return {
    columns: columns.map((row) => {
      const labels = parsed(row['labels'])
      const type = labels ? 'string' : postgresType(String(row['base_type']))
      return columnOf({ ...row, labels }, type)
    }),
    uniqueKeys: keys.flatMap((row) =>
      keyOf(row, String(row['definition']).split(' WHERE ')[0] ?? ''),
    ),
  }
}

function parsed(labels: unknown): string[] | undefined {
  const list = typeof labels === 'string' ? (JSON.parse(labels) as unknown) : labels
  return Array.isArray(list) ? list.map(String) : undefined
}

async function onMysql({ query }: Connection, name: string): Promise<Parts> {
  const [server] = await query('select version() as version')
  const columns = await query(
    `select c.column_name as name, c.column_type as sql_type, c.character_maximum_length as length,
       c.is_nullable = 'YES' as nullable, c.column_default as default_text, c.extra,
       (select min(k.referenced_table_name) from information_schema.key_column_usage k
         where k.table_schema = c.table_schema and k.table_name = c.table_name and k.column_name = c.column_name) as \`references\`
     from information_schema.columns c
     where c.table_name = ? and c.table_schema = database() order by c.ordinal_position`,
    [name],
  )
  const keys = await query(
    `select index_name = 'PRIMARY' as \`primary\`, max(sub_part is not null or column_name is null) as partial,
       group_concat(column_name order by seq_in_index separator '\t') as columns
     from information_schema.statistics
     where table_name = ? and table_schema = database() and non_unique = 0 group by index_name`,
    [name],
  )
  return {
    isMariaDb: /mariadb/i.test(String(server?.['version'])),
    columns: columns.map((row) => {
      const sqlType = String(row['sql_type'])
      const extra = String(row['extra'])
      const isEmpty = row['default_text'] === null || row['default_text'] === 'NULL'
      const generated = /generated/i.test(extra) && !/default_generated/i.test(extra)
      return columnOf(
        {
          ...row,
          default_text: isEmpty ? null : row['default_text'],
          has_default: Number(!isEmpty || generated || /auto_increment/i.test(extra)),
          generated: Number(generated),
          labels: enumeration(sqlType),
        },
        mysqlType(sqlType.toLowerCase()),
      )
    }),
    uniqueKeys: keys
      .filter(({ partial }) => Number(partial) === 0)
      .flatMap((row) => keyOf(row, '')),
  }
}

/** The values of `enum('a','b')`. */
function enumeration(sqlType: string): string[] | undefined {
  const list = /^enum\((.*)\)$/i.exec(sqlType)?.[1]
  return list?.match(/'(?:[^']|'')*'/g)?.map((one) => one.slice(1, -1).replaceAll("''", "'"))
}

async function onSqlite({ query }: Connection, name: string): Promise<Parts> {
  const columns = await query(`select * from pragma_table_xinfo(?) where hidden <> 1`, [name])
  const foreign = await query(
    `select "from" as name, "table" as target from pragma_foreign_key_list(?)`,
    [name],
  )
  const indexes = await query(
    `select l.name, l.origin, group_concat(coalesce(i.name, ''), char(9)) as columns, m.sql as definition
     from pragma_index_list(?) l join pragma_index_info(l.name) i left join sqlite_master m on m.name = l.name
     where l."unique" = 1 group by l.name`,
    [name],
  )
  const primary = columns
    .filter(({ pk }) => Number(pk) > 0)
    .sort((one, other) => Number(one['pk']) - Number(other['pk']))
  // A table's own number: SQLite makes it.
  const isRowId = primary.length === 1 && /^integer$/i.test(String(primary[0]?.['type']))
  return {
    columns: columns.map((row) => {
      const isMade = isRowId && Number(row['pk']) > 0
      const generated = Number(row['hidden']) > 1
      const sqlType = String(row['type'])
      // A length or a size that was declared is not looked at by SQLite.
      const { integerBits: _, ...column } = columnOf(
        {
          name: row['name'],
          sql_type: sqlType,
          nullable: Number(row['notnull']) === 0 && Number(row['pk']) === 0,
          has_default: row['dflt_value'] !== null || isMade || generated,
          default_text: row['dflt_value'],
          generated,
          references: foreign.find((key) => key['name'] === row['name'])?.['target'],
        },
        sqliteType(sqlType),
      )
      return column
    }),
    uniqueKeys: [
      ...(primary.length > 0
        ? [{ columns: primary.map(({ name }) => String(name)), folds: false, primary: true }]
        : []),
      ...indexes
        .filter(({ origin }) => origin !== 'pk')
        .flatMap((row) => {
          const [definition = '', predicate] = String(row['definition'] ?? '').split(/\bwhere\b/i)
          const keys = keyOf({ ...row, predicate }, definition)
          return row['origin'] === 'u'
            ? keys.map((key) => ({ ...key, unnamed: true as const }))
            : keys
        }),
    ],
  }
}

function columnOf(row: Row, type: UserColumn['type']): InspectedColumn {
  const length = Number(row['length'] ?? Number.NaN)
  const { default_text: defaultText, labels, references } = row
  return {
    name: String(row['name']),
    type,
    sqlType: String(row['sql_type']).toLowerCase(),
    nullable: Boolean(Number(row['nullable'])),
    hasDefault: Boolean(Number(row['has_default'])),
    ...(typeof defaultText === 'string' ? { defaultText } : {}),
    ...(Number(row['generated']) ? { generated: true } : {}),
    ...(type === 'string' && Number.isFinite(length) ? { maxLength: length } : {}),
    ...(type === 'number' ? bitsOf(String(row['sql_type']).toLowerCase()) : {}),
    ...(Array.isArray(labels) ? { values: labels as string[] } : {}),
    ...(typeof references === 'string' ? { references } : {}),
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
  const { predicate } = row
  const where = typeof predicate === 'string' ? { where: predicate } : {}
  const folded = /\(\s*lower\(\(?"?(\w+)"?\)?(?:::\w+)?\)\s*\)/i.exec(definition)?.[1]
  if (folded !== undefined) return [{ columns: [folded], folds: true, primary, ...where }]
  const columns = String(row['columns']).split('\t')
  return columns.includes('') ? [] : [{ columns, folds: false, primary, ...where }]
}

/** By the base type: a domain is what it is made of. */
function postgresType(type: string): UserColumn['type'] {
  if (/\[\]$/.test(type)) return 'other'
  if (/^(?:character|text|uuid|citext|name)\b/.test(type)) return 'string'
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
  if (/char|text|clob|uuid/i.test(type)) return 'string'
  return /date|time/i.test(type) ? 'date' : 'other'
}
