-- What Devise's generator makes for Rails on PostgreSQL, with confirmable and lockable.
create table users (
  id bigserial primary key,
  email character varying not null default '',
  encrypted_password character varying not null default '',
  reset_password_token character varying,
  reset_password_sent_at timestamp(6) without time zone,
  remember_created_at timestamp(6) without time zone,
  confirmation_token character varying,
  confirmed_at timestamp(6) without time zone,
  confirmation_sent_at timestamp(6) without time zone,
  unconfirmed_email character varying,
  failed_attempts integer not null default 0,
  locked_at timestamp(6) without time zone,
  admin boolean not null default false,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null
);
create unique index index_users_on_email on users (email);
create unique index index_users_on_reset_password_token on users (reset_password_token);
