-- A users table that Auth0's export of users with their password hashes was loaded into.
create table auth0_users (
  user_id varchar(128) not null primary key,
  email varchar(320) not null unique,
  email_verified boolean not null default false,
  password_hash varchar(255),
  name varchar(255),
  nickname varchar(255),
  picture text,
  blocked boolean not null default false,
  logins_count integer not null default 0,
  last_login timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  user_metadata jsonb not null default '{}',
  app_metadata jsonb not null default '{}'
);
