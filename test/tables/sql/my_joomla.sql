-- Joomla, on MySQL: `block`, and an unset moment as text of zeros is not allowed any more.
create table jos_users (
  id int not null auto_increment primary key,
  name varchar(400) not null default '',
  username varchar(150) not null default '',
  email varchar(100) not null default '',
  password varchar(100) not null default '',
  block tinyint not null default 0,
  sendEmail tinyint default 0,
  registerDate datetime not null,
  lastvisitDate datetime,
  activation varchar(100) not null default '',
  params text not null,
  otpKey varchar(1000) not null default '',
  otep varchar(1000) not null default '',
  requireReset tinyint not null default 0,
  key idx_block (block),
  unique key idx_username (username)
) engine=InnoDB default charset=utf8mb4;
