-- Moodle, on MySQL: a name is unique at its host; flags are numbers.
create table mdl_user (
  id bigint not null auto_increment primary key,
  auth varchar(20) not null default 'manual',
  confirmed tinyint(1) not null default 0,
  policyagreed tinyint(1) not null default 0,
  deleted tinyint(1) not null default 0,
  suspended tinyint(1) not null default 0,
  mnethostid bigint not null default 0,
  username varchar(100) not null default '',
  password varchar(255) not null default '',
  idnumber varchar(255) not null default '',
  firstname varchar(100) not null default '',
  lastname varchar(100) not null default '',
  email varchar(100) not null default '',
  emailstop tinyint(1) not null default 0,
  timecreated bigint not null default 0,
  timemodified bigint not null default 0,
  unique key mdl_user_mneuse_uix (mnethostid, username)
) engine=InnoDB default charset=utf8mb4;
