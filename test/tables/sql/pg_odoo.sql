-- Odoo, on PostgreSQL: rows of two other tables, which are not optional.
create table res_users (
  id serial primary key,
  company_id int not null,
  partner_id int not null,
  active boolean default true,
  create_date timestamp,
  login varchar not null,
  password varchar,
  share boolean,
  write_date timestamp,
  totp_secret varchar,
  notification_type varchar not null,
  constraint res_users_login_key unique (login)
);
