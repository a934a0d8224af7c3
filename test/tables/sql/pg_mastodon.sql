-- Mastodon, on PostgreSQL: Devise, two flags about logging in, and a row of another table.
create table users (
  id bigserial primary key,
  email varchar not null default '',
  created_at timestamp not null,
  updated_at timestamp not null,
  encrypted_password varchar not null default '',
  reset_password_token varchar,
  sign_in_count int not null default 0,
  confirmation_token varchar,
  confirmed_at timestamp,
  unconfirmed_email varchar,
  locale varchar,
  otp_required_for_login boolean not null default false,
  account_id bigint not null,
  disabled boolean not null default false,
  chosen_languages varchar[],
  approved boolean not null default true,
  role_id bigint
);
create unique index index_users_on_email on users (email);
create unique index index_users_on_reset_password_token on users (reset_password_token) where reset_password_token is not null;
