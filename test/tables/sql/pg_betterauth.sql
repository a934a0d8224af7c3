-- Better Auth, on PostgreSQL: the passwords among the accounts at providers.
create table "user" (
  id text not null primary key,
  name text not null,
  email text not null unique,
  "emailVerified" boolean not null,
  image text,
  "createdAt" timestamp not null default current_timestamp,
  "updatedAt" timestamp not null default current_timestamp,
  banned boolean,
  "banReason" text,
  "banExpires" timestamp
);
create table account (
  id text not null primary key,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null references "user" (id) on delete cascade,
  password text,
  "createdAt" timestamp not null default current_timestamp,
  "updatedAt" timestamp not null default current_timestamp
);
