-- Devise's generator, on PostgreSQL, with confirmable and lockable.
create table users (
  id bigserial primary key,
  email varchar not null default '',
  encrypted_password varchar not null default '',
  reset_password_token varchar,
  confirmation_token varchar,
  confirmed_at timestamp(6),
  failed_attempts integer not null default 0,
  locked_at timestamp(6),
  admin boolean not null default false,
  created_at timestamp(6) not null,
  updated_at timestamp(6) not null
);
create unique index index_users_on_email on users (email);
