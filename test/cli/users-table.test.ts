/** Which table the doctor takes for that of the users, where nobody says it. */
import { expect, test } from 'vitest'
import { usersTable } from '../../src/cli/doctor/users-table.ts'

test.each([
  [['posts', 'users', 'user'], 'users'],
  // What is in the current schema has no schema before it.
  [['user', 'auth.users'], 'user'],
  [['app_users', 'auth.users'], 'app_users'],
  [['posts', 'auth.users'], 'auth.users'],
  [['posts', 'fe_users'], 'fe_users'],
])('of %j it is %s', (tables, name) => {
  expect(usersTable(tables)).toBe(name)
})

test.each([[['posts']], [['app_users', 'shop_users']], [[]]])('of %j nobody can tell', (tables) => {
  expect(() => usersTable(tables)).toThrow('Name it with --table')
})
