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
  \`databaseTimeoutMs\`; a request waits for one of either before it is refused. While the storage hangs, most
  are refused without waiting.

Afterwards, seen by the same test: people who were logged in still are, on every process; what was logged out,
locked or used before stays so; requests that were refused succeed now. That holds for a storage that loses
nothing in a restart (Redis with \`appendonly yes\`; a table in a database). A storage that forgets logs everybody
out. It forgets locks, too, and all refresh tokens: those that were used and those that were not are refused.

After a 503, a change may still have been made: a logout whose command was on its way, a registration whose row
was committed. Asking again tells, and harms nothing.
`
}
