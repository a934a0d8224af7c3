/**
 * Hashes that other systems made, and what is tried with all of them.
 */
import { readFileSync } from 'node:fs'
import type { AdoptedFormat } from 'crudauth/hashes'
import fc from 'fast-check'
import { expect } from 'vitest'

export interface Vector<Format extends string = string> {
  readonly format: Format
  readonly password: string
  readonly hash: string
}

export const readVectors = <Format extends string = string>(
  file: string,
): readonly Vector<Format>[] => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))

/** A hash without what differs from hash to hash: `$H\2y$` of `$H\2y$5…`. */
export function kindOf(hash: string): string {
  const start = /^(?:U?\$[a-z\d-]+\$|\$[HPS][^$]*\$|s2:)/i.exec(hash)?.[0] ?? ''
  const name = /^\$(?:gitea|keycloak)\$[a-z\d-]+/.exec(hash)?.[0] ?? start
  const end = /(?::[\d_]+)*$/.exec(hash)?.[0] ?? ''
  return `${name} ${end} ${hash.length}`
}

type Formats = Readonly<Record<string, AdoptedFormat>>

/**
 * Any one character of a hash changed, put in or left out: that admits nobody and breaks nothing.
 *
 * @param isOther Whether a changed text says something else than the hash did.
 * @returns How many of them were hashes still, and were verified.
 */
export async function verifiedWhenChanged(
  formats: Formats,
  vectors: readonly Vector[],
  characters: string,
  isOther: (changed: string, hash: string) => boolean,
): Promise<number> {
  const edit = fc.record({
    vector: fc.constantFrom(...vectors),
    at: fc.nat(),
    removed: fc.nat({ max: 1 }),
    inserted: fc.oneof(fc.constantFrom(...characters), fc.constant('')),
  })
  let verified = 0
  await fc.assert(
    fc.asyncProperty(edit, async ({ vector: { password, hash }, at, removed, inserted }) => {
      const place = at % (hash.length + 1)
      const changed = hash.slice(0, place) + inserted + hash.slice(place + removed)
      if (!isOther(changed, hash)) return
      for (const format of Object.values(formats)) {
        if (!format.recognises(changed)) continue
        verified++
        expect(await format.verify(password, changed), changed).toBe(false)
      }
    }),
    { numRuns: 400 },
  )
  return verified
}

/** Any text at all, most of them with the beginning of a hash. */
export async function anyTextIsRefused(
  formats: Formats,
  vectors: readonly Vector[],
): Promise<void> {
  const starts = fc.constantFrom('', ...vectors.map(({ hash }) => hash.slice(0, 20)))
  const text = fc.string({ unit: 'binary', maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(starts, text, async (start, rest) => {
      for (const format of Object.values(formats)) {
        expect(await format.verify(rest, start + rest)).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
}
