-- Forgejo and Gitea, on SQLite: the name and a copy in lower case, two flags about logging in.
create table user (
  id integer primary key autoincrement not null,
  lower_name text not null,
  name text not null,
  email text not null,
  passwd text not null,
  passwd_hash_algo text not null default 'argon2',
  must_change_password integer not null default 0,
  login_type integer null,
  login_source integer not null default 0,
  login_name text null,
  type integer null,
  salt text null,
  created_unix integer null,
  is_active integer null,
  is_admin integer null,
  prohibit_login integer not null default 0
);
create unique index UQE_user_name on user (name);
create unique index UQE_user_lower_name on user (lower_name);
