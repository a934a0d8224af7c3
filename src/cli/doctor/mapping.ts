/**
 * Which of a table's columns is what: as it was told, by the standard names, or by names that other
 * systems use.
 */
import {
  type DoctorField,
  doctorFields,
  type InspectedColumn,
  type InspectedTable,
  type MappedColumn,
  type TableMap,
} from './table.ts'

/** What Django, Rails, Laravel, WordPress and their like call these columns, most telling first. */
const knownNames: Readonly<Partial<Record<DoctorField, readonly string[]>>> = {
  id: ['user_id', 'account_id', 'uid'],
  email: ['email_address', 'user_email', 'e_mail', 'mail'],
  username: ['user_name', 'user_login', 'login', 'login_name', 'nickname', 'handle'],
  hashedPassword: [
    'encrypted_password',
    'password_hash',
    'password_digest',
    'user_pass',
    'pw_hash',
    'passwd',
    'pwd',
    'pw',
    'password',
  ],
  isActive: ['active', 'enabled', 'is_enabled'],
  isSuperuser: ['superuser', 'is_admin', 'admin'],
  emailVerified: ['email_verified_at', 'confirmed_at', 'email_confirmed', 'verified'],
  tokenVersion: ['session_version', 'auth_epoch'],
}

/** Columns that say the opposite of being active. */
const inactive = ['is_banned', 'banned', 'is_disabled', 'disabled', 'suspended', 'locked']

/**
 * @param told Logical field to column, as somebody said it.
 * @throws Error for a field that is none, or a column that the table does not have.
 */
export function mapTable(table: InspectedTable, told: Readonly<Record<string, string>>): TableMap {
  for (const [field, column] of Object.entries(told)) {
    if (!(doctorFields as readonly string[]).includes(field)) {
      throw new Error(`${field} is not a field; the fields are: ${doctorFields.join(', ')}`)
    }
    if (!table.columns.some(({ name }) => name === column)) {
      const names = table.columns.map(({ name }) => name).join(', ')
      throw new Error(`${column} is not a column of ${table.name}; its columns are: ${names}`)
    }
  }
  const byName = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]))
  const taken = new Set(Object.values(told))
  const find = (names: readonly string[]) =>
    names.map((name) => byName.get(name)).find((column) => column && !taken.has(column.name))
  const map: Partial<Record<DoctorField, MappedColumn>> = {}

  for (const field of doctorFields) {
    const named = told[field]
    const column =
      named === undefined
        ? find([snakeCase(field), ...(knownNames[field] ?? [])])
        : table.columns.find(({ name }) => name === named)
    if (!column) continue
    taken.add(column.name)
    const codec = isFlag(field) ? flagCodec(column, table) : undefined
    map[field] = codec === undefined ? { column: column.name } : { column: column.name, codec }
  }
  if (map.isActive === undefined) {
    const banned = find(inactive)
    if (banned) map.isActive = { column: banned.name, codec: invertedCodec(banned) }
  }
  return map
}

function isFlag(field: DoctorField): boolean {
  return field === 'isActive' || field === 'isSuperuser' || field === 'emailVerified'
}

/** Code for a flag that is not a plain boolean to the query builder. */
function flagCodec({ type }: InspectedColumn, { dialect }: InspectedTable): string | undefined {
  if (type === 'date') return 'timestampFlag()'
  if (type === 'string') return "flag('Y', 'N')"
  // A query builder with a schema makes booleans of these itself.
  return type === 'number' && dialect !== 'sqlite' ? 'flag(1, 0)' : undefined
}

function invertedCodec({ type, nullable }: InspectedColumn): string {
  if (type === 'date') return 'timestampUnset()'
  const [off, on] =
    type === 'boolean' ? ['false', 'true'] : type === 'number' ? ['0', '1'] : ["'N'", "'Y'"]
  return nullable ? `flag([${off}, null], ${on})` : `flag(${off}, ${on})`
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase())
}
