-- Keycloak, on MySQL and MariaDB: realms, and the passwords in another table.
create table USER_ENTITY (
  ID varchar(36) not null primary key,
  EMAIL varchar(255),
  EMAIL_CONSTRAINT varchar(255),
  EMAIL_VERIFIED tinyint(1) not null default 0,
  ENABLED tinyint(1) not null default 0,
  FEDERATION_LINK varchar(255),
  FIRST_NAME varchar(255),
  LAST_NAME varchar(255),
  REALM_ID varchar(255),
  USERNAME varchar(255),
  CREATED_TIMESTAMP bigint,
  NOT_BEFORE int not null default 0,
  unique key UK_EMAIL (REALM_ID, EMAIL_CONSTRAINT),
  unique key UK_USERNAME (REALM_ID, USERNAME)
);
create table CREDENTIAL (
  ID varchar(36) not null primary key,
  SALT tinyblob,
  TYPE varchar(255),
  USER_ID varchar(36),
  CREATED_DATE bigint,
  USER_LABEL varchar(255),
  SECRET_DATA longtext,
  CREDENTIAL_DATA longtext,
  PRIORITY int,
  VERSION int default 0,
  foreign key (USER_ID) references USER_ENTITY (ID)
);
