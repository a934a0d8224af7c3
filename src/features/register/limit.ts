/** How many registrations one client may ask for. */
import { sha256 } from '../../crypto.ts'
import type { House } from '../../feature.ts'
import type { RouteLimit } from '../../http/route.ts'
import type { IdentityField } from '../../users/identity.ts'

export function registerLimit({ accounts }: House): RouteLimit {
  return {
    action: 'register',
    default: { times: 5, seconds: 3600 },
    by: 'address',
    counts: 'asked',
    withoutAddress: (sent) => typedName(accounts.identity.login, sent),
  }
}

/**
 * What the rate limit counts while the client address is unknown: the first login field that was
 * sent, or all of a body in which a schema of the application's own finds it under another name.
 */
function typedName(fields: readonly IdentityField[], sent: unknown): string {
  const body = typeof sent === 'object' && sent !== null ? (sent as Record<string, unknown>) : {}
  for (const { name, canonical } of fields) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (typeof value === 'string') return sha256(`${name}:${canonical(value)}`)
  }
  try {
    return sha256(JSON.stringify(sent))
  } catch {
    // Nested more deeply than any body that a person sends.
    return 'nothing'
  }
}
