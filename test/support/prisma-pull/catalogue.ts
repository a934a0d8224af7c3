/**
 * The tables of a database, out of its own catalogue.
 */
import type { Column, Dialect, ForeignKey, Index, Query, Table } from '../prisma-pull.ts'

type Row = Record<string, unknown>

export function catalogueOf(dialect: Dialect, query: Query): Promise<Table[]> {
  return { postgresql: onPostgres, mysql: onMysql, sqlite: onSqlite }[dialect](query)
}

const text = (value: unknown) => String(value ?? '')
const list = (value: unknown) => text(value).split('\t')

const actions: Readonly<Record<string, string>> = {
  a: 'NoAction',
  r: 'Restrict',
  c: 'Cascade',
  n: 'SetNull',
  d: 'SetDefault',
}

/** `NO ACTION` as Prisma writes it. */
const action = (words: unknown) =>
  text(words)
    .toLowerCase()
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

async function onPostgres(query: Query): Promise<Table[]> {
  const ours = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%' and c.relkind in ('r', 'p')
    and not exists (select from pg_depend e where e.objid = c.oid and e.deptype = 'e')`
  const tables = await query(
    `select c.oid::text as id, n.nspname as schema, c.relname as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} order by n.nspname, c.relname`,
  )
  const columns = await query(
    `select c.oid::text as id, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
       a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid), '') like 'nextval(%' as numbered,
       pg_get_expr(d.adbin, d.adrelid) as initial, y.typname as enum,
       (select string_agg(l.enumlabel, chr(9) order by l.enumsortorder) from pg_enum l where l.enumtypid = y.oid) as labels
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     join pg_type t on t.oid = a.atttypid join pg_type y on y.oid = coalesce(nullif(t.typelem, 0), t.oid)
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where ${ours} and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  )
  const indexes = await query(
    `select i.indrelid::text as id, x.relname as name, i.indisprimary as primary, i.indisunique as unique,
       (select string_agg(a.attname, chr(9) order by k.n) from unnest(i.indkey) with ordinality k(num, n)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num where k.n <= i.indnkeyatts) as columns
     from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
     join pg_namespace n on n.oid = c.relnamespace
     where ${ours} and i.indpred is null and 0 <> all (i.indkey::int2[]) order by x.relname`,
  )
  const foreign = await query(
    `select f.conrelid::text as id, f.conname as name, t.relname as table, f.confdeltype as deletion, f.confupdtype as change,
       (select string_agg(a.attname, chr(9) order by k.n) from unnest(f.conkey) with ordinality k(num, n)
         join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num) as columns,
       (select string_agg(a.attname, chr(9) order by k.n) from unnest(f.confkey) with ordinality k(num, n)
         join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num) as targets
     from pg_constraint f join pg_class t on t.oid = f.confrelid where f.contype = 'f' order by f.conname`,
  )
  return tables.map(({ id, schema, name }) => {
    const keys = indexes.filter((row) => row['id'] === id)
    return {
      name: text(name),
      schema: text(schema),
      columns: columns
        .filter((row) => row['id'] === id)
        .map((row) => ({
          ...columnOf(row, row['initial']),
          ...(row['labels'] ? { labels: [text(row['enum']), list(row['labels'])] as const } : {}),
        })),
      primary: list(keys.find(({ primary }) => primary)?.['columns']).filter(Boolean),
      indexes: keys.filter(({ primary }) => !primary).map(indexOf),
      foreign: foreign
        .filter((row) => row['id'] === id)
        .map((row) => ({
          ...foreignOf(row),
          onDelete: actions[text(row['deletion'])] ?? '',
          onUpdate: actions[text(row['change'])] ?? '',
        })),
    }
  })
}

async function onMysql(query: Query): Promise<Table[]> {
  const tables = await query(
    `select table_name as name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE' order by 1`,
  )
  const columns = await query(
    `select table_name as of, column_name as name, column_type as type, is_nullable = 'YES' as nullable,
       extra like '%auto_increment%' as numbered, column_default as initial
     from information_schema.columns where table_schema = database() order by ordinal_position`,
  )
  const indexes = await query(
    `select table_name as of, index_name as name, index_name = 'PRIMARY' as \`primary\`, non_unique = 0 as \`unique\`,
       group_concat(column_name order by seq_in_index separator '\t') as columns,
       group_concat(coalesce(sub_part, '') order by seq_in_index separator '\t') as lengths
     from information_schema.statistics where table_schema = database() and column_name is not null group by table_name, index_name, non_unique`,
  )
  const foreign = await query(
    `select k.table_name as of, k.constraint_name as name, max(k.referenced_table_name) as \`table\`,
       max(r.delete_rule) as deletion, max(r.update_rule) as \`change\`,
       group_concat(k.column_name order by k.ordinal_position separator '\t') as columns,
       group_concat(k.referenced_column_name order by k.ordinal_position separator '\t') as targets
     from information_schema.key_column_usage k join information_schema.referential_constraints r
       on r.constraint_schema = k.table_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name
     where k.table_schema = database() and k.referenced_table_name is not null group by k.table_name, k.constraint_name`,
  )
  return tables.map(({ name }) => {
    const keys = indexes.filter(({ of }) => of === name)
    return {
      name: text(name),
      columns: columns
        .filter(({ of }) => of === name)
        .map((row) => {
          const labels = /^enum\((.*)\)$/i
            .exec(text(row['type']))?.[1]
            ?.match(/'(?:[^']|'')*'/g)
            ?.map((one) => one.slice(1, -1).replaceAll("''", "'"))
          return {
            ...columnOf(row, row['initial']),
            ...(labels ? { labels: [`${text(name)}_${text(row['name'])}`, labels] as const } : {}),
          }
        }),
      primary: list(keys.find(({ primary }) => Number(primary))?.['columns']).filter(Boolean),
      indexes: keys
        .filter(({ primary }) => !Number(primary))
        .map((row) => {
          const index = indexOf({ ...row, unique: Number(row['unique']) === 1 })
          const sizes = list(row['lengths']).flatMap((size, at) =>
            size === '' ? [] : [[index.columns[at] ?? '', Number(size)] as const],
          )
          return sizes.length > 0 ? { ...index, lengths: Object.fromEntries(sizes) } : index
        }),
      foreign: foreign
        .filter(({ of }) => of === name)
        .map((row) => ({
          ...foreignOf(row),
          onDelete: action(row['deletion']),
          onUpdate: action(row['change']),
        })),
    }
  })
}

async function onSqlite(query: Query): Promise<Table[]> {
  const tables = await query(
    `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`,
  )
  return Promise.all(
    tables.map(async ({ name }) => {
      const of = `'${text(name).replaceAll("'", "''")}'`
      const columns = await query(`select * from pragma_table_info(${of})`)
      const indexes = await query(
        `select l.name, l."unique", group_concat(i.name, char(9)) as columns, min(i.name is not null) as whole
         from pragma_index_list(${of}) l join pragma_index_info(l.name) i
         where l.origin <> 'pk' and l.partial = 0 group by l.name order by l.name`,
      )
      const foreign = await query(
        `select id, "table", group_concat("from", char(9)) as columns, group_concat("to", char(9)) as targets, on_delete, on_update
         from pragma_foreign_key_list(${of}) group by id`,
      )
      const primary = columns
        .filter(({ pk }) => Number(pk) > 0)
        .sort((one, other) => Number(one['pk']) - Number(other['pk']))
      const isRowId = primary.length === 1 && /^integer$/i.test(text(primary[0]?.['type']))
      return {
        name: text(name),
        columns: columns.map((row) => ({
          ...columnOf({ ...row, nullable: Number(row['notnull']) === 0 }, row['dflt_value']),
          isNumbered: isRowId && Number(row['pk']) > 0,
        })),
        primary: primary.map((row) => text(row['name'])),
        indexes: indexes
          .filter(({ whole }) => Number(whole) === 1)
          .map((row) => indexOf({ ...row, unique: Number(row['unique']) === 1 })),
        foreign: foreign.map((row) => ({
          ...foreignOf({ ...row, name: `${text(name)}_${text(row['id'])}` }),
          onDelete: action(row['on_delete']),
          onUpdate: action(row['on_update']),
        })),
      }
    }),
  )
}

function columnOf(row: Row, initial: unknown): Column {
  return {
    name: text(row['name']),
    type: text(row['type']),
    nullable: Boolean(Number(row['nullable'])),
    default: initial === null || initial === undefined ? null : text(initial),
    isNumbered: Boolean(Number(row['numbered'] ?? 0)),
  }
}

function indexOf(row: Row): Index {
  return { name: text(row['name']), columns: list(row['columns']), unique: Boolean(row['unique']) }
}

function foreignOf(row: Row): Omit<ForeignKey, 'onDelete' | 'onUpdate'> {
  return {
    name: text(row['name']),
    columns: list(row['columns']),
    table: text(row['table']),
    targets: list(row['targets']),
  }
}
