-- Directus, on SQLite: states as text, a secret of a second factor, keys made by the application.
create table directus_users (
  id char(36) not null primary key,
  first_name varchar(50),
  last_name varchar(50),
  email varchar(128) unique,
  password varchar(255),
  location varchar(255),
  tfa_secret varchar(255),
  status varchar(16) not null default 'active',
  role char(36),
  token varchar(255) unique,
  last_access datetime,
  provider varchar(128) not null default 'default',
  external_identifier varchar(255) unique
);
