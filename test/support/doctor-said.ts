/** What the doctor says of a database, for tests that read it. */
import { doctor } from '../../src/cli/doctor/doctor.ts'
import type { DoctorOptions } from '../../src/cli/doctor/options.ts'

/** The parts of its JSON that tests look at. */
export interface Said {
  readonly ready: boolean
  readonly map: Readonly<Record<string, { readonly column: string }>>
  readonly features: readonly { readonly name: string; readonly status: string }[]
  readonly decisions: readonly { readonly column: string }[]
  readonly conditions: readonly { readonly column: string }[]
  readonly losses: readonly string[]
  readonly unknown: readonly string[]
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly code: string
  readonly migration: string
}

const usual: DoctorOptions = {
  columns: {},
  orm: 'drizzle',
  format: 'sql',
  json: false,
  strict: false,
}

export async function said(database: string, options: Partial<DoctorOptions> = {}): Promise<Said> {
  const { output } = await doctor({ ...usual, database, ...options, json: true })
  return JSON.parse(output) as Said
}

export function told(database: string, options: Partial<DoctorOptions> = {}) {
  return doctor({ ...usual, database, ...options })
}
