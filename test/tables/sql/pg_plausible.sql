-- Plausible, on PostgreSQL: addresses are citext, the secret of a second factor is bytes.
create extension if not exists citext;
create table users (
  id bigserial primary key,
  email citext not null,
  name varchar(255),
  inserted_at timestamp(0) not null,
  updated_at timestamp(0) not null,
  last_seen timestamp(0) default now(),
  password_hash varchar(255),
  email_verified boolean not null default false,
  totp_secret bytea,
  totp_enabled boolean not null default false,
  previous_email citext,
  type varchar(255) not null default 'standard'
);
create unique index users_email_index on users (email);
