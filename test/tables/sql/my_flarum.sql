-- Flarum, on MySQL: suspended until a moment.
create table users (
  id int unsigned not null auto_increment primary key,
  username varchar(100) not null,
  email varchar(150) not null,
  is_email_confirmed tinyint(1) not null default 0,
  password varchar(100) not null,
  avatar_url varchar(100) default null,
  joined_at datetime default null,
  last_seen_at datetime default null,
  suspended_until datetime default null,
  suspend_reason text,
  suspend_message text,
  unique key users_username_unique (username),
  unique key users_email_unique (email)
) engine=InnoDB default charset=utf8mb4;
