/** Which of a database's tables holds the users. */

/** @throws Error when it cannot be told. */
export function usersTable(tables: readonly string[]): string {
  const bare = (name: string) => name.slice(name.lastIndexOf('.') + 1)
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
  const found = likely.flatMap((name) => tables.filter((table) => bare(table) === name))
  const ending = tables.filter((table) => /(?:^|[_.])users?(?:_entity|_field_data)?$/i.test(table))
  const only = ending.length === 1 ? ending[0] : undefined
  // Of several schemas one is the current one, which comes first.
  const name = found[0] ?? only
  if (name !== undefined) return name
  throw new Error(
    `which table holds the users? Name it with --table; there are: ${tables.join(', ') || 'none'}`,
  )
}
