-- Redmine, on PostgreSQL: 1 is active, 2 registered, 3 locked.
create table users (
  id serial primary key,
  login character varying not null default '',
  hashed_password character varying not null default '',
  firstname character varying not null default '',
  lastname character varying not null default '',
  admin boolean not null default false,
  status integer not null default 1,
  last_login_on timestamp without time zone,
  auth_source_id integer,
  created_on timestamp without time zone,
  updated_on timestamp without time zone,
  type character varying,
  salt character varying(64),
  must_change_passwd boolean not null default false,
  twofa_scheme character varying,
  twofa_totp_key character varying
);
create index index_users_on_auth_source_id on users (auth_source_id);
