-- Twenty, on PostgreSQL: a schema of its own, unique among those that are not deleted.
create schema core;
create table core."user" (
  id uuid not null default gen_random_uuid() primary key,
  "firstName" varchar not null default '',
  "lastName" varchar not null default '',
  email varchar not null,
  "isEmailVerified" boolean not null default false,
  disabled boolean not null default false,
  "passwordHash" varchar,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now(),
  "deletedAt" timestamptz,
  locale varchar not null default 'en'
);
create unique index "UQ_USER_EMAIL" on core."user" (email) where ("deletedAt" is null);
