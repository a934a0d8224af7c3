/**
 * What each feature needs of the table, and what is lost without it.
 */
import type { UserColumn } from '../../users/store.ts'
import type { DoctorField } from './table.ts'

export interface Need {
  readonly field: DoctorField
  /** Which types of column will do. */
  readonly types: readonly UserColumn['type'][]
  readonly unique: boolean
  /** Of text: the least that fits. */
  readonly minLength?: number
  /** Of whole numbers: the least that fits. */
  readonly minBits?: number
  /** How a new column is called and made. */
  readonly column: string
  readonly kind: 'text' | 'flag' | 'counter' | 'moment'
  readonly length?: number
  /** What a flag of an existing row is to be. */
  readonly initially?: boolean
}

export interface Feature {
  readonly name: string
  readonly needs: readonly Need[]
  /** Whether nothing works without it. */
  readonly required: boolean
  /** One sentence: what is lost. */
  readonly without: string
}

/**
 * New hashes: 83 characters as bcrypt-sha256, 97 as argon2id with the default parameters, and 20
 * more with a pepper.
 */
export const hashLength = 117

const flagTypes: readonly UserColumn['type'][] = ['boolean', 'number', 'string', 'date', 'other']
const moments: readonly UserColumn['type'][] = ['date', 'string', 'other']

const text = (field: DoctorField, column: string, length: number, unique: boolean): Need => ({
  field,
  column,
  kind: 'text',
  types: ['string', 'other'],
  unique,
  length,
})

const flagColumn = (field: DoctorField, column: string, initially: boolean): Need => ({
  field,
  column,
  kind: 'flag',
  types: flagTypes,
  unique: false,
  initially,
})

const momentColumn = (field: DoctorField, column: string): Need => ({
  field,
  column,
  kind: 'moment',
  types: moments,
  unique: false,
})

export const needs = {
  email: text('email', 'email', 320, true),
  username: text('username', 'username', 64, true),
} as const

/** The features, in the order in which they are told; the login fields are the identity's. */
export function featuresFor(
  login: readonly ('email' | 'username')[],
  recovers: boolean,
): readonly Feature[] {
  const features: readonly Feature[] = [
    {
      name: 'accounts',
      needs: [
        {
          field: 'id',
          column: 'id',
          kind: 'counter',
          types: ['number', 'bigint', 'string', 'other'],
          unique: true,
        },
      ],
      required: true,
      without: 'rows cannot be told apart',
    },
    {
      name: 'passwords',
      needs: [{ ...text('hashedPassword', 'hashed_password', 255, false), minLength: hashLength }],
      required: true,
      without: 'there is nothing to check a password against',
    },
    {
      name: 'log in',
      needs: login.map((field) => needs[field]),
      required: true,
      without: 'nobody can log in: a field to log in by must be unique',
    },
    {
      name: 'recovery',
      needs: recovers ? [needs.email] : [],
      required: false,
      without: 'accounts cannot be recovered by e-mail',
    },
    {
      name: 'verified',
      needs: recovers ? [flagColumn('emailVerified', 'email_verified', false)] : [],
      required: false,
      without: 'no address counts as verified',
    },
    {
      name: 'revocation',
      needs: [
        {
          field: 'tokenVersion',
          column: 'token_version',
          kind: 'counter',
          types: ['number', 'bigint', 'other'],
          unique: false,
          minBits: 32,
        },
      ],
      required: false,
      without: 'a logout from everywhere ends no access token and no API key before its time',
    },
    {
      name: 'deactivation',
      needs: [flagColumn('isActive', 'is_active', true)],
      required: false,
      without: 'every account counts as active',
    },
    {
      name: 'superusers',
      needs: [flagColumn('isSuperuser', 'is_superuser', false)],
      required: false,
      without: 'nobody passes a gate on superuser',
    },
    {
      name: 'oauth',
      needs: [
        text('oauthProvider', 'oauth_provider', 32, false),
        momentColumn('oauthCreatedAt', 'oauth_created_at'),
        momentColumn('oauthUpdatedAt', 'oauth_updated_at'),
      ],
      required: false,
      without: 'no account can come from a provider',
    },
    {
      name: 'google',
      needs: [text('googleId', 'google_id', 64, true)],
      required: false,
      without: 'nobody signs in with Google',
    },
    {
      name: 'github',
      needs: [text('githubId', 'github_id', 64, true)],
      required: false,
      without: 'nobody signs in with GitHub',
    },
  ]
  return features.filter((feature) => feature.needs.length > 0)
}
