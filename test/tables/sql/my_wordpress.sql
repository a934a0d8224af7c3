-- WordPress, on MySQL: nothing but the key is unique.
create table wp_users (
  ID bigint(20) unsigned not null auto_increment,
  user_login varchar(60) not null default '',
  user_pass varchar(255) not null default '',
  user_nicename varchar(50) not null default '',
  user_email varchar(100) not null default '',
  user_registered datetime not null default current_timestamp,
  user_status int(11) not null default 0,
  display_name varchar(250) not null default '',
  primary key (ID),
  key user_login_key (user_login),
  key user_email (user_email)
) default charset=utf8mb4 collate utf8mb4_unicode_520_ci;
