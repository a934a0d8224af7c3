-- Craft CMS, on PostgreSQL: five flags.
create table users (
  id integer primary key,
  "photoId" integer,
  active boolean not null default false,
  pending boolean not null default false,
  locked boolean not null default false,
  suspended boolean not null default false,
  admin boolean not null default false,
  username varchar(255),
  "fullName" varchar(255),
  email varchar(255),
  password varchar(255),
  "lastLoginDate" timestamp(0) without time zone,
  "invalidLoginCount" smallint,
  "hasDashboard" boolean not null default false,
  "passwordResetRequired" boolean not null default false,
  "verificationCode" varchar(255),
  "unverifiedEmail" varchar(255),
  "dateCreated" timestamp(0) without time zone not null,
  "dateUpdated" timestamp(0) without time zone not null
);
create unique index users_email_key on users (email);
create unique index users_username_key on users (username);
