-- Auth.js (NextAuth) as its Prisma adapter has it: people of providers and of links, without any password.
create table "User" (
  "id" text not null,
  "name" text,
  "email" text,
  "emailVerified" timestamp(3),
  "image" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "User_pkey" primary key ("id")
);
create unique index "User_email_key" on "User" ("email");
create table "Account" (
  "userId" text not null references "User" ("id") on delete cascade on update cascade,
  "type" text not null,
  "provider" text not null,
  "providerAccountId" text not null,
  "refresh_token" text,
  "access_token" text,
  "expires_at" integer,
  "token_type" text,
  "scope" text,
  "id_token" text,
  "session_state" text,
  constraint "Account_pkey" primary key ("provider", "providerAccountId")
);
