-- n8n, on PostgreSQL: a table that is called user.
create table "user" (
  id uuid not null default gen_random_uuid() primary key,
  email varchar(255),
  "firstName" varchar(32),
  "lastName" varchar(32),
  password varchar(255),
  settings json,
  "createdAt" timestamptz(3) not null default current_timestamp(3),
  "updatedAt" timestamptz(3) not null default current_timestamp(3),
  disabled boolean not null default false,
  "mfaEnabled" boolean not null default false,
  "mfaSecret" text,
  "lastActiveAt" date,
  "roleSlug" varchar(128) not null default 'global:member'
);
create unique index "UQ_e12875dfb3b1d92d7d7c5377e2" on "user" (email);
