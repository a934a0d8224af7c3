-- Kanboard, on PostgreSQL: people of LDAP among the others, and a login that can be switched off.
create table users (
  id serial primary key, username varchar(255) not null, password varchar(255), is_ldap_user boolean default false, name varchar(255), email varchar(255),
  google_id varchar(255), github_id varchar(30), notifications_enabled boolean default false, timezone varchar(50), language varchar(11), disable_login_form boolean default false,
  twofactor_activated boolean default false, twofactor_secret varchar(16), token varchar(255) default '', nb_failed_login integer default 0,
  lock_expiration_date bigint default 0, gitlab_id integer, role varchar(25) not null default 'app-user', is_active boolean default true, avatar_path varchar(255), unique (username)
);
