-- Sentry, on PostgreSQL: Django's columns, and rows of applications among the people.
create table auth_user (
  password varchar(128) not null, last_login timestamptz, id bigserial primary key, username varchar(128) not null unique, first_name varchar(200) not null,
  email varchar(75) not null, is_staff boolean not null, is_active boolean not null, is_unclaimed boolean not null default false, is_superuser boolean not null,
  is_managed boolean not null, is_sentry_app boolean, is_password_expired boolean not null, last_password_change timestamptz, flags bigint, session_nonce varchar(12),
  date_joined timestamptz not null, last_active timestamptz, avatar_type smallint not null default 0, avatar_url varchar(120)
);
