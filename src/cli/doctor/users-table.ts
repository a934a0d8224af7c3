/** Which of a database's tables holds the users. */

/** @throws Error when it cannot be told. */
export function usersTable(tables: readonly string[]): string {
  // Of several schemas the current one has no name before its tables.
  const name = likeliest(tables.filter((table) => !table.includes('.'))) ?? likeliest(tables)
  if (name !== undefined) return name
  throw new Error(
    `which table holds the users? Name it with --table; there are: ${tables.join(', ') || 'none'}`,
  )
}

const likely = [
  'users',
  'user',
  'User',
  'Users',
  'accounts',
  'auth_user',
  'AspNetUsers',
  'members',
  'people',
  'wp_users',
]

function likeliest(tables: readonly string[]): string | undefined {
  const bare = (name: string) => name.slice(name.lastIndexOf('.') + 1)
  const [found] = likely.flatMap((name) => tables.filter((table) => bare(table) === name))
  if (found !== undefined) return found
  const ending = tables.filter((table) => /(?:^|[_.])users?(?:_entity|_field_data)?$/i.test(table))
  return ending.length === 1 ? ending[0] : undefined
}
