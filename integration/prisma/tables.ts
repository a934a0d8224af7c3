/**
 * The models' tables, by SQL: Prisma's own migrations need an engine that is downloaded.
 */

/** One statement each, in the dialect. */
export function tableStatements(dialect: 'postgresql' | 'sqlite'): string[] {
  const [serial, moment, uuid, double] =
    dialect === 'postgresql'
      ? ['serial primary key', 'timestamp(3)', 'uuid primary key', 'bigint primary key']
      : ['integer primary key autoincrement', 'datetime', 'text primary key', 'bigint primary key']
  return [
    `create table prisma_standard (id ${serial}, email text not null unique, username text not null unique,
      hashed_password text not null, is_active boolean not null default true, is_superuser boolean not null default false,
      email_verified boolean not null default false, token_version integer not null default 0, oauth_provider text,
      google_id text unique, github_id text unique, oauth_created_at ${moment}, oauth_updated_at ${moment},
      created_at ${moment} not null default current_timestamp, updated_at ${moment})`,
    `create table prisma_note (id ${serial}, text text not null, user_id integer not null)`,
    `create table prisma_text_key (account_id text primary key, e_mail text not null unique, pw_hash text,
      banned text not null default 'N', generation integer, org text check (length(org) < 20), gone ${moment}, unique (org, generation))`,
    `create table prisma_big_key (account_id ${double}, e_mail text not null unique, pw_hash text, generation integer)`,
    `create table prisma_uuid_key (account_id ${uuid}, e_mail text not null unique, pw_hash text, generation integer)`,
    `create table prisma_tenanted (id ${serial}, email text not null, org text not null, pw_hash text,
      generation integer not null default 0, unique (org, email))`,
    `create table prisma_api_key (id text primary key, user_id text not null, name text, prefix text not null,
      hashed_key text not null unique, scopes text not null, epoch integer, created_at ${moment} not null,
      expires_at ${moment}, last_used_at ${moment}, revoked_at ${moment})`,
    `create table prisma_person (id ${serial}, email text not null unique, hashed_password text not null,
      token_version integer not null default 0, google_id text unique, custom_id text unique,
      oauth_provider text, oauth_updated_at ${moment})`,
    `create table prisma_tenant_person (id ${serial}, tenant text not null, email text not null, hashed_password text not null,
      token_version integer not null default 0, google_id text, custom_id text,
      unique (tenant, email), unique (tenant, google_id), unique (tenant, custom_id))`,
    `create table prisma_identity (id text primary key, user_id text, provider text not null, issuer text not null,
      subject text not null, identity_key text not null unique, account_key text not null unique, created_at ${moment} not null)`,
    `create table prisma_tenant_identity (key text primary key, owner integer, org text not null, provider text not null,
      issuer text not null, subject text not null, digest text not null unique, place text not null unique, made ${moment} not null)`,
    `create table prisma_holder (id ${serial}, email text not null unique, token_version integer not null default 0, seen bigint)`,
    `create table prisma_credential (id text primary key, user_id integer not null references prisma_holder (id) on delete cascade,
      provider_id text not null, account_id text not null, password text, unique (user_id, provider_id))`,
    `create table prisma_uuid_holder (id ${uuid}, email text not null unique, token_version integer not null default 0, touched_at ${moment})`,
    `create table prisma_uuid_secret (holder_id ${uuid}, hash text not null, salt text)`,
  ]
}

export const tableNames = [
  'prisma_standard',
  'prisma_note',
  'prisma_text_key',
  'prisma_big_key',
  'prisma_uuid_key',
  'prisma_tenanted',
  'prisma_api_key',
  'prisma_person',
  'prisma_tenant_person',
  'prisma_identity',
  'prisma_tenant_identity',
  'prisma_credential',
  'prisma_holder',
  'prisma_uuid_secret',
  'prisma_uuid_holder',
]
