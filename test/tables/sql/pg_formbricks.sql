-- Formbricks, on PostgreSQL: cuids for keys, a second factor in three columns.
create type "IdentityProvider" as enum ('email', 'github', 'google', 'azuread', 'openid');
create table "User" (
  id text primary key,
  created_at timestamp(3) not null default current_timestamp,
  updated_at timestamp(3) not null,
  email_verified timestamp(3),
  name text not null,
  email text not null,
  password text,
  "twoFactorSecret" text,
  "twoFactorEnabled" boolean not null default false,
  "backupCodes" text,
  "identityProvider" "IdentityProvider" not null default 'email',
  "identityProviderAccountId" text,
  "notificationSettings" jsonb not null default '{}',
  "isActive" boolean not null default true
);
create unique index "User_email_key" on "User" (email);
create unique index "User_identityProvider_identityProviderAccountId_key" on "User" ("identityProvider", "identityProviderAccountId");
