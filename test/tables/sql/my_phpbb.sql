-- phpBB, on MySQL: everything has the table's name before it, and the name a copy in one case.
create table phpbb_users (
  user_id int unsigned not null auto_increment,
  user_type tinyint not null default 0,
  user_permissions mediumtext not null,
  user_regdate int unsigned not null default 0,
  username varchar(255) not null default '',
  username_clean varchar(255) not null default '',
  user_password varchar(255) not null default '',
  user_email varchar(100) not null default '',
  user_inactive_reason tinyint not null default 0,
  user_sig mediumtext not null,
  primary key (user_id),
  unique key username_clean (username_clean),
  key user_email (user_email)
) engine=InnoDB default charset=utf8mb4 collate utf8mb4_bin;
