-- Canvas LMS, on PostgreSQL: logins in a table of their own, unique in an account while they are active.
create table pseudonyms (
  id bigserial primary key,
  user_id bigint not null,
  account_id bigint not null,
  workflow_state character varying(255) not null,
  unique_id character varying(255) not null,
  crypted_password character varying(255) not null,
  password_salt character varying(255) not null,
  persistence_token character varying(255) not null,
  sis_user_id character varying(255),
  current_login_at timestamp without time zone,
  deleted_at timestamp without time zone,
  created_at timestamp without time zone not null default now(),
  updated_at timestamp without time zone not null default now()
);
create unique index index_pseudonyms_unique_login on pseudonyms (account_id, unique_id) where workflow_state = 'active';
