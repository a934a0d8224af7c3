/** `docs/outages.md`, from what was seen. */
import type { Operation } from './operations.ts'

export function outagesPage(
  outages: readonly string[],
  operations: readonly Operation[],
  answers: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [
    row(['', ...outages]),
    row(['---', ...outages.map(() => '---')]),
    ...operations.map(({ name }) =>
      row([name, ...outages.map((outage) => answers.get(outage)?.get(name) ?? 'not seen')]),
    ),
  ]
  return `# Outages

What each operation answers while the storage (Redis) or the database with the application's tables is
down: stopped, or hanging with its connections open. This page is made by
\`test/system/outages.test.ts\`, which does that to real servers under load, and fails when it sees
something else.

${table.join('\n')}

The rules behind it, with their reasons, are in [Security](security.md#outages-of-the-storage):

- **A caller with a session, a token or a key never becomes an anonymous one.** The answer is 503, also where
  authentication is optional.
- **Passwords cannot be guessed.** Without the storage, which counts the attempts, a login gets 429; without the
  database, which has the accounts, it gets 503.
- **A rate limit lets requests through**: it protects a resource, not a secret.
- **Nothing hangs.** Each operation on the storage has its \`timeoutMs\`, each on the database has
  \`databaseTimeoutMs\`; a request waits for one of either before it is refused. While one of them is silent, most
  requests are refused without waiting.
- **Nothing piles up.** As many statements are under way as the pool has connections (100 where that cannot be
  seen: Kysely, Prisma, postgres.js). The others wait in the library; one that has waited for too long is never
  sent. A silent database is asked again from time to time, at first every 100 ms, at last every 2 s.

Afterwards, seen by the same test: people who were logged in still are, on every process; what was logged out,
locked or used before stays so; requests that were refused succeed now. That holds for a storage that loses
nothing in a restart (Redis with \`appendonly yes\`; a table in a database). One that was emptied logs everybody
out. It forgets locks, too, and all refresh tokens: those that were used and those that were not are refused.
One that goes back in time revives what it had then: see [below](#a-storage-that-goes-back-in-time).

The first operation of a process that did not call \`auth.init()\` connects the storage and waits for it,
\`storageTimeoutMs\` at most. A client of \`@redis/client\` that the application never connected is no outage: requests,
logins too, are 503 until it is, and \`auth.init()\` and the event \`storage.failed\` say what to write.

## What a 503 says of a write

| \`outcome\` in the answer | what happened |
| --- | --- |
| none | nothing was written: the statement was not sent, or the database refused it |
| \`unknown\` | the statement was sent and not answered: it may have happened, or may still happen |

A statement that was sent can take effect when the server goes on, or when the network has carried it after all:
seconds later, even when another request has said meanwhile that it did not happen. The library cannot call it
back. **Send the same request again: that settles it.** A change of a password is made only over the row that was
read, so that of two the first one counts and the other does nothing; of two registrations one makes the account;
a logout that comes late ends what had ended. Only a late \`/logout-all\` (and \`auth.users.endAll\`) can end a login
that began after it: people log in again. The storage's 503 (\`storage_unavailable\`) has no \`outcome\`; the same
rule settles it.

Deadlocks and serialization failures are no outage: a statement that the database gave up for another's sake is
run again, up to five times within a second, when it stands alone. An insert with \`hooks.registering\` is one
transaction with your work in it, and is 503 without \`outcome\` instead. So are writes on a read-only server
(\`25006\`, MariaDB's \`read_only\`, SQLite's \`query_only\`): after a failover, until your pool has connections to the
new primary. \`node-postgres\` replaces a connection on which a statement failed; for mysql2 and postgres.js end the
connections by their age (\`max_lifetime\`), or restart.

## Time limits of your database driver

A connection can go silent without an end: the server's machine died, a firewall forgot it. The driver then waits
for as long as the operating system does, a quarter of an hour, and its pool is used up. With these limits
requests succeed again within ten seconds (\`test/silent-databases.test.ts\`). Without them \`crudAuth()\` warns
(\`pool_without_limits\`) where it can see the pool: with Drizzle, not with Kysely or Prisma. The limits hold for
every statement on the pool, so that long ones of your own belong to another pool.

node-postgres, with Drizzle or Kysely:

\`\`\`ts
import { Pool } from 'pg'

const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: 3000,
  query_timeout: 5000,
  keepAlive: true,
})
// Without these, a connection that breaks ends the process: one that is idle, and one in use.
pool.on('error', (error) => console.error('database', error.message))
pool.on('connect', (client) => client.on('error', () => {}))
\`\`\`

When a connection in use breaks, node-postgres reports it twice: the statement fails, and the connection emits
\`error\`. Only \`pool.query\` listens for the latter. With Drizzle we listen for as long as a transaction of ours has the
connection, and give it back where Drizzle would keep it (its \`begin\` has failed): there the second line is for
transactions of your own. With Kysely every statement takes a connection out of the pool, which it does not show, so that
both lines are needed. Prisma's adapter listens by itself.

postgres.js and mysql2 have no limit for an answer, but take sockets that have one. A connection that is idle for
as long is closed, too, and opened again when it is needed:

\`\`\`ts
import { connect, type Socket } from 'node:net'
import { createPool } from 'mysql2/promise'

const pool = createPool({
  uri: process.env.DATABASE_URL ?? '',
  connectTimeout: 3000,
  stream: (): Socket => {
    const socket = connect(3306, 'db.internal')
    return socket.setTimeout(5000, () => socket.destroy(new Error('silent')))
  },
})
\`\`\`

\`\`\`js
import { connect } from 'node:net'
import postgres from 'postgres'

const sql = postgres(process.env.DATABASE_URL, {
  connect_timeout: 3,
  socket: ({ host: [host], port: [port] }) =>
    new Promise((resolve, reject) => {
      const socket = Object.assign(connect(port, host), { host, port })
      socket.setTimeout(5000, () => socket.destroy(new Error('silent')))
      socket.once('error', reject).once('connect', () => resolve(socket))
    }),
})
\`\`\`

Prisma: the limits of its driver adapter, whose options are those of the driver: \`new PrismaPg({ … })\` takes
node-postgres's.

**SQLite** has no connection to lose, but a file that somebody else may have locked. better-sqlite3 is synchronous:
while it waits for the lock, 5 seconds by default, the whole process stands still, every request of it, and no
\`databaseTimeoutMs\` can end that. Write \`new Database(file, { timeout: 250 })\` and \`pragma journal_mode = wal\`.
A statement that met a lock is tried again (with pauses in which other requests run) for a second, and is 503 then.
The driver's time stays: at most five times \`timeout\` for one statement.

## A storage that goes back in time

A snapshot that is restored, or a replica that was behind when it took over, has again what was deleted since:

| what came back | for how long it is good |
| --- | --- |
| a session that was logged out | until it would have expired, or its user's credentials all end: \`auth.users.endAll(id)\`, a change of password |
| a refresh token that was used | until its next use or the next use of the one that replaced it: whichever comes second ends the login |
| a login by refresh token that was ended | as a session |
| a link of a message that was used | until it would have expired, unless what it did has changed the account: a link that has reset a password is dead, one that unlocks is not |
| a lock, a rate limit | as it was then |

What ended by the epoch (a change of password, a logout everywhere, a disabled user) stays ended: that is in your
table. Each process notices a rollback of the storage, by a count of its own there that it raises every five
seconds while it is used, and tells of it: \`storage.rolled_back\`. A loss between two counts is not noticed, nor one
while no process was used, nor what happened before a process began. The same event tells that a storage was
emptied.

With \`storageRollback: 'end_logins'\` every login from before is ended then: sessions, logins by refresh token,
sign-ins that wait. So is every link and code of a message, used or not: people ask for another one. Who was told
of a change has no link to freeze the account any more, and an account that is frozen is opened by
\`auth.users.unfreeze\`. The other processes learn of it within five seconds of their next use. Access tokens live on
until they expire (\`accessTtl\`), API keys are rows of yours and stay, and refresh tokens of the Python original
(\`rotateRefresh: false\`) have no record that could end: \`auth.users.endAll\` ends those.

## Clocks

| what | is judged by |
| --- | --- |
| how long a record, a counter or a rate limit is kept | the storage: Redis's clock, the database's, or, in memory, a steady one that does not follow changes of the system's time |
| whether a session or a login by refresh token has expired, its grace, locks of logins and of sudo, access tokens | the clock of the process that is asked |
| rows: expiry and last use of API keys | the clock of the process that is asked |

So a process whose clock is five minutes ahead ends sessions and tokens five minutes early, and one that is
behind accepts them five minutes longer; the ends of locks differ by as much, but what a clock more than a minute
ahead has written holds no login up elsewhere. An access token may come from a
clock that is a minute ahead; from further ahead it is refused until its time has come. Counters and rate limits
are the same for all processes. A clock that jumps an hour ahead and back loses nothing in the storage; who came while
it was ahead may have to log in again, because the browser was told that the session had ended. Run NTP, and
keep processes within a few seconds of each other.
`
}
