-- Mattermost, on MySQL: PascalCase, moments in milliseconds, deleted as of 0 or a moment.
create table Users (
  Id varchar(26) not null primary key,
  CreateAt bigint,
  UpdateAt bigint,
  DeleteAt bigint,
  Username varchar(64) unique,
  Password varchar(128),
  AuthData varchar(128) unique,
  AuthService varchar(32),
  Email varchar(128) unique,
  EmailVerified tinyint(1),
  Roles text,
  FailedAttempts smallint,
  MfaActive tinyint(1),
  MfaSecret varchar(128)
) engine=InnoDB default charset=utf8mb4;
