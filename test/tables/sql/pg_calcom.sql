-- Cal.com, on PostgreSQL: the passwords in another table, a row each.
create table users (
  id serial primary key,
  username text,
  name text,
  email text not null,
  "emailVerified" timestamp(3),
  locked boolean not null default false,
  "twoFactorEnabled" boolean not null default false,
  created timestamp(3) not null default current_timestamp
);
create unique index users_email_key on users (email);
create unique index users_username_key on users (username);
create table "UserPassword" (
  hash text not null,
  "userId" integer not null unique references users (id) on delete cascade
);
