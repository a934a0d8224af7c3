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

- **A session, a token or a key is never taken for nobody's.** It is 503, also where it is optional.
- **What guesses a password is refused**: 429 without the storage, which counts the attempts; 503 without
  the database, where nobody can be found.
- **A rate limit lets through**: it protects a resource, not a secret.
- **Nothing hangs.** Each operation on the storage has its \`timeoutMs\`, each on the database has
  \`databaseTimeoutMs\`; a request waits for one of either before it is refused. While the storage hangs, most
  are refused without waiting.

Afterwards, seen by the same test: who was logged in still is, on every process; what was logged out, locked
or used before stays so; whoever was refused can do it now. That holds for a storage that loses nothing in a
restart (Redis with \`appendonly yes\`; a table in a database). One that does lets everybody log in again, and
forgets locks and used refresh tokens with them: their families are gone, so that none of them is good.

An answer of 503 to something that changes says that it is not known to have happened. It may have: a logout
whose command was on its way, a registration whose row was committed. Asking again tells, and harms nothing.
`
}
