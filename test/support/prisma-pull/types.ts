/**
 * Which type of Prisma a column is of, and what the schema says of it besides.
 */
import type { Dialect } from '../prisma-pull.ts'

interface PrismaType {
  readonly type: string
  /** After `@db.`; absent where Prisma would make such a column by itself. */
  readonly native?: string
}

type Rule = readonly [
  pattern: RegExp,
  type: string,
  native?: (found: RegExpExecArray) => string | undefined,
]

const named = (name: string) => () => name
const sized =
  (name: string, usual?: string) =>
  ([, size]: RegExpExecArray) =>
    size === undefined ? (usual === undefined ? name : `${name}(${usual})`) : `${name}(${size})`

const postgres: readonly Rule[] = [
  [/^text$/, 'String'],
  [/^character varying(?:\((\d+)\))?$/, 'String', sized('VarChar')],
  [/^character(?:\((\d+)\))?$/, 'String', sized('Char', '1')],
  [/^uuid$/, 'String', named('Uuid')],
  [/^citext$/, 'String', named('Citext')],
  [/^inet$/, 'String', named('Inet')],
  [/^xml$/, 'String', named('Xml')],
  [/^bit(?:\((\d+)\))?$/, 'String', sized('Bit', '1')],
  [/^bit varying(?:\((\d+)\))?$/, 'String', sized('VarBit')],
  [/^integer$/, 'Int'],
  [/^smallint$/, 'Int', named('SmallInt')],
  [/^oid$/, 'Int', named('Oid')],
  [/^bigint$/, 'BigInt'],
  [/^boolean$/, 'Boolean'],
  [/^double precision$/, 'Float'],
  [/^real$/, 'Float', named('Real')],
  [
    /^numeric(?:\((\d+),(\d+)\))?$/,
    'Decimal',
    ([, all, after]) => (all ? `Decimal(${all}, ${after})` : 'Decimal'),
  ],
  [/^money$/, 'Decimal', named('Money')],
  [/^timestamp\(3\) without time zone$/, 'DateTime'],
  [/^timestamp(?:\((\d)\))? without time zone$/, 'DateTime', sized('Timestamp', '6')],
  [/^timestamp(?:\((\d)\))? with time zone$/, 'DateTime', sized('Timestamptz', '6')],
  [/^date$/, 'DateTime', named('Date')],
  [/^time(?:\((\d)\))? without time zone$/, 'DateTime', sized('Time', '6')],
  [/^time(?:\((\d)\))? with time zone$/, 'DateTime', sized('Timetz', '6')],
  [/^jsonb$/, 'Json'],
  [/^json$/, 'Json', named('Json')],
  [/^bytea$/, 'Bytes'],
]

const mysql: readonly Rule[] = [
  [/^varchar\(191\)$/, 'String'],
  [/^varchar\((\d+)\)$/, 'String', sized('VarChar')],
  [/^char\((\d+)\)$/, 'String', sized('Char')],
  [/^(tiny|medium|long)?text$/, 'String', ([, size = '']) => `${capital(size)}Text`],
  [/^tinyint\(1\)$/, 'Boolean'],
  [/^bit\(1\)$/, 'Boolean', named('Bit(1)')],
  [/^bit\((\d+)\)$/, 'Bytes', sized('Bit')],
  [/^int(?:\(\d+\))?$/, 'Int'],
  [
    /^(tiny|small|medium)int(?:\(\d+\))?( unsigned)?$/,
    'Int',
    ([, size = '', unsigned]) => `${unsigned ? 'Unsigned' : ''}${capital(size)}Int`,
  ],
  [/^int(?:\(\d+\))? unsigned$/, 'Int', named('UnsignedInt')],
  [/^bigint(?:\(\d+\))?$/, 'BigInt'],
  [/^bigint(?:\(\d+\))? unsigned$/, 'BigInt', named('UnsignedBigInt')],
  [/^year/, 'Int', named('Year')],
  [/^double$/, 'Float'],
  [/^float$/, 'Float', named('Float')],
  [/^decimal\((\d+),(\d+)\)$/, 'Decimal', ([, all, after]) => `Decimal(${all}, ${after})`],
  [/^datetime\(3\)$/, 'DateTime'],
  [/^datetime(?:\((\d)\))?$/, 'DateTime', sized('DateTime', '0')],
  [/^timestamp(?:\((\d)\))?$/, 'DateTime', sized('Timestamp', '0')],
  [/^date$/, 'DateTime', named('Date')],
  [/^time(?:\((\d)\))?$/, 'DateTime', sized('Time', '0')],
  [/^json$/, 'Json'],
  [/^longblob$/, 'Bytes'],
  [/^(tiny|medium)?blob$/, 'Bytes', ([, size = '']) => `${capital(size)}Blob`],
  [
    /^(var)?binary\((\d+)\)$/,
    'Bytes',
    ([, varies, size]) => `${varies ? 'VarBinary' : 'Binary'}(${size})`,
  ],
]

/** All that is known of SQLite, where a column may be of any type. */
const sqlite: readonly Rule[] = [
  [/^(?:int|integer|serial)$/, 'Int'],
  [/^bigint$/, 'BigInt'],
  [/^(?:real|float|double)$/, 'Float'],
  [/^boolean$/, 'Boolean'],
  [/^text$|char/, 'String'],
  [/numeric|decimal/, 'Decimal'],
  [/^(?:date|datetime|timestamp)$/, 'DateTime'],
  [/^(?:binary|blob)$/, 'Bytes'],
  [/^jsonb$/, 'Json'],
]

export function typeOf(dialect: Dialect, written: string): PrismaType {
  const type = written.toLowerCase()
  for (const [pattern, name, native] of { postgresql: postgres, mysql, sqlite }[dialect]) {
    const found = pattern.exec(type)
    if (!found) continue
    const attribute = native?.(found)
    return attribute === undefined ? { type: name } : { type: name, native: attribute }
  }
  return { type: `Unsupported("${written}")` }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
