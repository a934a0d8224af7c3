-- Discourse, on PostgreSQL: suspended until, active, approved; the address in another table.
create table users (
  id serial primary key,
  username varchar(60) not null,
  username_lower varchar(60) not null,
  name varchar,
  created_at timestamp not null,
  updated_at timestamp not null,
  password_hash varchar(64),
  salt varchar(32),
  active boolean not null default false,
  admin boolean not null default false,
  approved boolean not null default false,
  suspended_at timestamp,
  suspended_till timestamp,
  silenced_till timestamp,
  trust_level int not null,
  staged boolean not null default false
);
create unique index index_users_on_username on users (username);
create unique index index_users_on_username_lower on users (username_lower);
