-- GitLab, on PostgreSQL: Devise, and a state besides.
create table users (
  id bigserial primary key,
  email varchar not null default '',
  encrypted_password varchar not null default '',
  reset_password_token varchar,
  sign_in_count int default 0,
  created_at timestamp,
  name varchar not null default '',
  admin boolean not null default false,
  projects_limit int not null,
  failed_attempts int default 0,
  locked_at timestamp,
  username varchar,
  state varchar,
  password_expires_at timestamp,
  confirmation_token varchar,
  confirmed_at timestamp,
  unconfirmed_email varchar,
  external boolean default false,
  user_type smallint default 0
);
create unique index index_users_on_email on users (email);
create unique index index_users_on_username on users (username);
create index index_on_users_lower_email on users (lower(email));
create unique index index_users_on_confirmation_token on users (confirmation_token);
