-- Vaultwarden, on SQLite: the hash is bytes, beside its salt.
create table users (
  uuid text not null primary key,
  created_at datetime not null,
  updated_at datetime not null,
  email text not null unique,
  name text not null,
  password_hash blob not null,
  salt blob not null,
  password_iterations integer not null,
  akey text not null,
  totp_secret text,
  security_stamp text not null,
  verified_at datetime,
  enabled boolean not null default 1
);
