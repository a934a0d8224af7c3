-- Ghost, on MySQL: keys made by the application, states as text, a hash column of 60.
create table users (
  id varchar(24) not null primary key,
  name varchar(191) not null,
  slug varchar(191) not null,
  password varchar(60) not null,
  email varchar(191) not null,
  status varchar(50) not null default 'active',
  visibility varchar(50) not null default 'public',
  last_seen datetime,
  comment_notifications tinyint(1) not null default 1,
  created_at datetime not null,
  updated_at datetime,
  unique key users_slug_unique (slug),
  unique key users_email_unique (email)
) engine=InnoDB default charset=utf8mb4;
