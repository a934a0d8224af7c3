-- What Rails 8's generator of authentication makes, on SQLite.
create table users (
  id integer primary key autoincrement not null,
  email_address varchar not null,
  password_digest varchar not null,
  created_at datetime(6) not null,
  updated_at datetime(6) not null
);
create unique index index_users_on_email_address on users (email_address);
