-- TYPO3's front end, on MySQL: an account has a beginning and an end, as seconds, of which 0 is none.
create table fe_users (
  uid int unsigned not null auto_increment primary key,
  pid int unsigned not null default 0,
  tstamp int unsigned not null default 0,
  crdate int unsigned not null default 0,
  deleted smallint unsigned not null default 0,
  disable smallint unsigned not null default 0,
  starttime int unsigned not null default 0,
  endtime int unsigned not null default 0,
  username varchar(255) not null default '',
  password varchar(255) not null default '',
  usergroup varchar(512) not null default '',
  name varchar(160) not null default '',
  email varchar(255) not null default '',
  lastlogin bigint not null default 0,
  key username (username(100))
) engine=InnoDB default charset=utf8mb4;
