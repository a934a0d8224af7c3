-- Documenso, on PostgreSQL, by Prisma: PascalCase and camelCase, a moment for a verified address.
create type "IdentityProvider" as enum ('DOCUMENSO', 'GOOGLE', 'OIDC');
create type "Role" as enum ('ADMIN', 'USER');
create table "User" (
  id serial primary key,
  name text,
  "customerId" text unique,
  email text not null,
  "emailVerified" timestamp(3),
  password text,
  source text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "lastSignedIn" timestamp(3) not null default current_timestamp,
  roles "Role"[] default array['USER']::"Role"[],
  "identityProvider" "IdentityProvider" not null default 'DOCUMENSO',
  disabled boolean not null default false
);
create unique index "User_email_key" on "User" (email);
