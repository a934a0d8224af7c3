-- Grafana, on SQLite: a salt beside the hash, and rows of services among the people.
create table org (id integer primary key autoincrement, name text not null);
create table user (
  id integer primary key autoincrement not null, version integer not null, login text not null, email text not null, name text null, password text null,
  salt text null, rands text null, company text null, org_id integer not null, is_admin integer not null, email_verified integer null, theme text null,
  created datetime not null, updated datetime not null, help_flags1 integer not null default 0, last_seen_at datetime null, is_disabled integer not null default 0,
  is_service_account boolean default 0, uid text null, is_provisioned integer not null default 0
);
create unique index UQE_user_login on user (login);
create unique index UQE_user_email on user (email);
create unique index UQE_user_uid on user (uid);
create table user_auth (id integer primary key autoincrement, user_id integer not null, auth_module text not null, auth_id text not null, created datetime not null);
