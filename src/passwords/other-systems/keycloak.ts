/**
 * Keycloak: `credential_data` and `secret_data`, two columns of JSON in its `credential` table.
 *
 * Layout: `PasswordCredentialModel`, `Pbkdf2PasswordHashProvider` and `Argon2PasswordHashProvider`
 * of `keycloak/keycloak`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { type Argon2Variant, argon2Matches, isAcceptableArgon2 } from './argon2.ts'
import { type Digest, digestBytes, isAcceptablePbkdf2, pbkdf2Matches } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which provider wrote most hashes. Used for absent accounts only. */
export interface KeycloakOptions {
  /**
   * The realm's hashing algorithm, at Keycloak's default cost; unknown names cost as much. `argon2`
   * since Keycloak 25, `pbkdf2-sha512` in 24, `pbkdf2-sha256` before. Default `argon2`.
   */
  writer?: 'argon2' | 'pbkdf2-sha512' | 'pbkdf2-sha256'
}

/** The two columns of a row of Keycloak's `credential`, as text. */
export interface KeycloakColumns {
  readonly credentialData: string
  readonly secretData: string
}

/** Makes the format, and the text that it reads out of Keycloak's columns. */
export interface KeycloakFormat {
  (options?: KeycloakOptions): AdoptedFormat
  /**
   * The text of a row, `$keycloak$<algorithm>,<costs>$<salt>$<value>`. What is no credential of a
   * password gives `!`, which is no password.
   */
  compose(columns: KeycloakColumns): string
}

export const keycloakOptions: Declaration<Settled<KeycloakOptions>> = declareOptions<
  Settled<KeycloakOptions>
>({
  writer: oneOf(['argon2', 'pbkdf2-sha512', 'pbkdf2-sha256'], 'argon2'),
})

/**
 * Verifies Keycloak's hashes: `argon2` (version 1.3), `pbkdf2-sha512`, `pbkdf2-sha256` and `pbkdf2`
 * (SHA-1). Keycloak stores two columns of JSON, `credential_data` and `secret_data`. Their text is
 *
 * ```
 * $keycloak$pbkdf2-sha512,i=210000$<salt>$<value>
 * $keycloak$argon2id,m=7168,t=5,p=1$<salt>$<value>
 * ```
 *
 * with salt and value in base64 as they stand there; `keycloak.compose({ credentialData, secretData
 * })` makes it.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [keycloak({ writer: 'pbkdf2-sha256' })] }
 * const hashedPassword = keycloak.compose({
 *   credentialData: row.credentialData,
 *   secretData: row.secretData,
 * })
 * ```
 */
export const keycloak: KeycloakFormat = Object.assign(keycloakFormat, { compose })

function keycloakFormat(options: KeycloakOptions = {}): AdoptedFormat {
  const { settings, problems } = keycloakOptions.read(options, 'keycloak')
  return forText({
    name: 'keycloak',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () =>
      `$keycloak$${written[settings.writer]}$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(settings.writer === 'argon2' ? 32 : 64).toString('base64')}`,
  })
}

const written = {
  argon2: 'argon2id,m=7168,t=5,p=1',
  'pbkdf2-sha512': 'pbkdf2-sha512,i=210000',
  'pbkdf2-sha256': 'pbkdf2-sha256,i=27500',
} as const

function compose({ credentialData, secretData }: KeycloakColumns): string {
  const { algorithm, hashIterations, additionalParameters } = parseObject(credentialData)
  const { salt, value } = parseObject(secretData)
  const parameters = objectOf(additionalParameters)
  const first = (name: string) => {
    const values = parameters[name]
    return Array.isArray(values) ? values[0] : undefined
  }
  const costs =
    algorithm === 'argon2'
      ? `argon2${first('type')},m=${first('memory')},t=${hashIterations},p=${first('parallelism')}`
      : `${algorithm},i=${hashIterations}`
  // Version 1.0 is another function under the same names.
  const isKnown = algorithm !== 'argon2' || first('version') === '1.3'
  const text = `$keycloak$${costs}$${salt}$${value}`
  return isKnown && verifierOf(text) !== null ? text : '!'
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const digests: Readonly<Record<string, Digest>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
}

const pattern =
  /^\$keycloak\$(?:(pbkdf2(?:-sha256|-sha512)?),i=([1-9]\d{0,7})|(argon2(?:id|i|d)),m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d?))\$([A-Za-z0-9+/=]{12,128})\$([A-Za-z0-9+/=]{24,128})$/

function verifierOf(stored: string): ((password: string) => Promise<boolean>) | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, algorithm = '', i, variant, m, t, p, saltText = '', hashText = ''] = match
  const [salt, hash] = [fromBase64(saltText), fromBase64(hashText)]
  if (!salt || !hash || hash.length > 64) return null
  if (variant) {
    const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) }
    const parts = { variant: variant as Argon2Variant, ...cost, salt, tag: hash }
    return isAcceptableArgon2(parts) ? (password) => argon2Matches(password, parts) : null
  }
  const digest = digests[algorithm] as Digest
  const blocks = Math.ceil(hash.length / digestBytes[digest])
  if (!isAcceptablePbkdf2(Number(i), blocks)) return null
  return (password) => pbkdf2Matches(password, salt, Number(i), digest, hash)
}
