-- Chatwoot, on PostgreSQL: unique together with a provider.
create table users (
  id serial primary key,
  provider varchar not null default 'email',
  uid varchar not null default '',
  encrypted_password varchar not null default '',
  confirmed_at timestamp,
  name varchar not null,
  display_name varchar,
  email varchar,
  tokens json,
  created_at timestamp not null,
  updated_at timestamp not null,
  type varchar,
  otp_required_for_login boolean default false not null
);
create unique index index_users_on_uid_and_provider on users (uid, provider);
create index index_users_on_email on users (email);
