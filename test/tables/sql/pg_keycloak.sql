-- Keycloak, on PostgreSQL: realms, and the passwords in another table.
create table user_entity (
  id varchar(36) primary key,
  email varchar(255),
  email_constraint varchar(255),
  email_verified boolean not null default false,
  enabled boolean not null default false,
  federation_link varchar(255),
  first_name varchar(255),
  last_name varchar(255),
  realm_id varchar(255),
  username varchar(255),
  created_timestamp bigint,
  not_before int not null default 0,
  constraint uk_email unique (realm_id, email_constraint),
  constraint uk_username unique (realm_id, username)
);
create table credential (
  id varchar(36) primary key,
  type varchar(255),
  user_id varchar(36) references user_entity (id),
  secret_data text,
  credential_data text
);
