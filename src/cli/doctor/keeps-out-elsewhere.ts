/**
 * Who is kept out by another table than the users': a list of bans, or the person whom an account
 * belongs to. No condition over the users' columns sees it, so that somebody has to say what it is.
 */
import { uniqueness } from '../../databases/table/keys.ts'
import { wordsOf } from '../../users/column-names.ts'
import type { Connection } from './connection.ts'
import { bare, inspectTable, referencing } from './inspect.ts'
import { oneLine } from './quote.ts'
import type { Decision } from './signals.ts'
import { columnNamed, type InspectedTable } from './table.ts'
import { type Meaning, meaningOf } from './words.ts'

export interface KeptOutElsewhere {
  readonly decisions: readonly Decision[]
  readonly notes: readonly string[]
}

/** What a column of another table says of a person, and not of that table's own things. */
const meanings: readonly (Meaning | null)[] = ['keeps out', 'keeps out until', 'deleted', 'lets in']

/** @param ignored What was said to mean something else: `bans`, `person.banned`. */
export async function keptOutElsewhere(
  connection: Connection,
  users: InspectedTable,
  tables: readonly string[],
  ignored: readonly string[],
): Promise<KeptOutElsewhere> {
  const decisions: Decision[] = []
  const notes: string[] = []
  for (const name of tables) {
    if (name === users.name || !isListOfBans(name, users.name) || ignored.includes(name)) continue
    decisions.push({
      column: name,
      question: oneLine(
        `the table ${name} may list who is kept out, which no column of ${users.name} says: look at it in where, or in a hook before each login`,
      ),
      answers: [`--ignore ${name} once you do, or where it is about something else`],
    })
  }
  for (const { table, isOne } of await related(connection, users)) {
    for (const column of table.columns.filter(({ name }) => meanings.includes(meaningOf(name)))) {
      const name = `${table.name}.${column.name}`
      if (ignored.includes(name) || ignored.includes(table.name)) continue
      if (isOne) {
        decisions.push({
          column: name,
          question: oneLine(
            `${name} may say who is kept out, and no column of ${users.name} says it: look at it in where`,
          ),
          answers: [`--ignore ${name} once you do, or where it says something else`],
        })
      } else {
        notes.push(
          oneLine(
            `${name}: nothing looks at it; if it keeps people of ${users.name} out, write a where`,
          ),
        )
      }
    }
  }
  return { decisions, notes }
}

const bans = new Set(
  'ban bans banned banlist banlists suspension suspensions blacklist blacklists blocklist userban userbans banneduser bannedusers'.split(
    ' ',
  ),
)
const aside = new Set(
  'user users account accounts member members list lists login logins item items'.split(' '),
)
/** Who is banned there may log in all the same, or is no person. */
const narrower = new Set(
  'ip ips email emails mail domain domains word words channel channels group groups room rooms chat chats host hosts country url urls name names username usernames tag tags topic topics thread threads post posts comment comments file files image images hash hashes token tokens review reviews'.split(
    ' ',
  ),
)

/** `user_bans`, `phpbb_banlist`, `banned_users`: whatever stands before all tables. */
function isListOfBans(name: string, users: string): boolean {
  const before = new Set(wordsOf(bare(users)))
  const rest = wordsOf(bare(name)).filter((word) => !before.has(word) && !aside.has(word))
  return (
    rest.length <= 2 &&
    rest.some((word) => bans.has(word)) &&
    !rest.some((word) => narrower.has(word))
  )
}

interface Related {
  readonly table: InspectedTable
  /** Whether each account has one row of its own there. */
  readonly isOne: boolean
}

/** What the users name, and what names each of them once. */
async function related(connection: Connection, users: InspectedTable): Promise<Related[]> {
  const named = users.columns.flatMap(({ name, references }) =>
    references === undefined || references === bare(users.name)
      ? []
      : [{ name: references, isOne: uniqueness(users.uniqueKeys, name) === 'yes' }],
  )
  const found: Related[] = []
  for (const { name, isOne } of named) {
    const schema = users.name.slice(0, -bare(users.name).length)
    const table = await inspectTable(connection, `${schema}${name}`).catch(() => null)
    if (table) found.push({ table, isOne: isOne || isPerson(name) })
  }
  for (const name of await referencing(connection, users.name)) {
    if (name === users.name || !isPerson(name)) continue
    const table = await inspectTable(connection, name)
    const user = table.columns.find(({ references }) => references === bare(users.name))
    const isOne = user !== undefined && uniqueness(table.uniqueKeys, user.name) === 'yes'
    if (isOne && columnNamed(table, user.name)) found.push({ table, isOne })
  }
  return found
}

/** A table of what an account is of, by its name: `person`, `user_profiles`. */
function isPerson(name: string): boolean {
  return /(?:^|_|[a-z](?=[A-Z]))(?:persons?|people|profiles?|accounts?|contacts?|members?)$/i.test(
    bare(name),
  )
}
