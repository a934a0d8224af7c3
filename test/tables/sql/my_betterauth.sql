-- Better Auth, on MySQL: the passwords among the accounts at providers, one of each kind for a person.
create table user (
  id varchar(36) not null primary key,
  name text not null,
  email varchar(255) not null unique,
  emailVerified boolean not null,
  image text,
  role varchar(32) not null default '',
  createdAt timestamp(3) not null default current_timestamp(3),
  updatedAt timestamp(3) not null default current_timestamp(3),
  banned boolean,
  banReason text,
  banExpires timestamp(3) null
);
create table account (
  id varchar(36) not null primary key,
  accountId text not null,
  providerId varchar(64) not null,
  userId varchar(36) not null,
  accessToken text,
  scope text not null default 'openid profile',
  locale char(5) not null default 'en',
  password varchar(60),
  attempts smallint not null default 0,
  uses bigint unsigned not null default 0,
  weight double,
  priority int,
  state enum('linked', 'pending') not null default 'linked',
  isPrimary tinyint(1) not null default 1,
  expiresAt datetime default null,
  startedOn date not null default '2024-01-01',
  createdAt timestamp(3) not null default current_timestamp(3),
  updatedAt timestamp(3) not null default current_timestamp(3),
  foreign key (userId) references user (id) on delete cascade,
  unique key account_of_a_kind (userId, providerId)
);
