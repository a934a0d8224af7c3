-- Simple Machines Forum, on MySQL: small numbers, a day and a text with defaults.
create table smf_members (
  id_member mediumint unsigned not null auto_increment primary key,
  member_name varchar(80) not null default '',
  date_registered int unsigned not null default 0,
  posts mediumint unsigned not null default 0,
  id_group smallint unsigned not null default 0,
  lngfile varchar(255) not null default '',
  last_login int unsigned not null default 0,
  real_name varchar(255) not null default '',
  unread_messages smallint unsigned not null default 0,
  passwd varchar(64) not null default '',
  email_address varchar(255) not null default '',
  birthdate date not null default '1004-01-01',
  country char(2) not null default '',
  show_online tinyint not null default 1,
  time_offset float not null default 0,
  is_activated tinyint unsigned not null default 1,
  validation_code varchar(10) not null default '',
  tfa_secret varchar(24) not null default '',
  unique key idx_member_name (member_name)
) engine=InnoDB default charset=utf8mb4;
