-- RuoYi, on MySQL: flags of one letter, among which 0 is the good one.
create table sys_user (
  user_id bigint(20) not null auto_increment, dept_id bigint(20) default null, user_name varchar(30) not null, nick_name varchar(30) not null,
  user_type varchar(2) default '00', email varchar(50) default '', phonenumber varchar(11) default '', sex char(1) default '0', avatar varchar(100) default '',
  password varchar(100) default '', status char(1) default '0', del_flag char(1) default '0', login_ip varchar(128) default '', login_date datetime,
  pwd_update_date datetime, create_by varchar(64) default '', create_time datetime, update_by varchar(64) default '', update_time datetime,
  remark varchar(500) default null, primary key (user_id), unique key uk_user_name (user_name)
) engine=innodb auto_increment=100;
