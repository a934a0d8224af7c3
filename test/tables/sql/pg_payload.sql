-- Payload, on PostgreSQL: hash and salt in two columns, attempts as numeric, a lock that ends.
create table users (
  id serial primary key,
  updated_at timestamptz(3) not null default now(),
  created_at timestamptz(3) not null default now(),
  email varchar not null,
  reset_password_token varchar,
  reset_password_expiration timestamptz(3),
  salt varchar,
  hash varchar,
  login_attempts numeric default 0,
  lock_until timestamptz(3)
);
create unique index users_email_idx on users using btree (email);
