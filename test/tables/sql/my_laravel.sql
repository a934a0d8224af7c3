-- Laravel, on MySQL, with soft deletes.
create table users (
  id bigint unsigned not null auto_increment primary key,
  name varchar(255) not null,
  email varchar(255) not null,
  email_verified_at timestamp null,
  password varchar(255) not null,
  remember_token varchar(100) null,
  created_at timestamp null,
  updated_at timestamp null,
  deleted_at timestamp null,
  unique users_email_unique (email)
) default charset=utf8mb4 collate utf8mb4_unicode_ci;
