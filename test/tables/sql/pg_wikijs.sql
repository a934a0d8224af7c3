-- Wiki.js, on PostgreSQL: moments as text, an address for each way to log in.
create table users (
  id serial primary key,
  email varchar(255) not null,
  name varchar(255) not null,
  "providerId" varchar(255),
  password varchar(255),
  "tfaIsActive" boolean not null default false,
  "tfaSecret" varchar(255),
  "isSystem" boolean not null default false,
  "isActive" boolean not null default false,
  "isVerified" boolean not null default false,
  "mustChangePwd" boolean not null default false,
  "createdAt" varchar(255) not null,
  "updatedAt" varchar(255) not null,
  "lastLoginAt" varchar(255),
  "providerKey" varchar(255) not null default 'local',
  constraint users_provider_email_unique unique ("providerKey", email)
);
