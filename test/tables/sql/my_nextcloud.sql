-- Nextcloud, on MySQL: the login name is the key.
create table oc_users (
  uid varchar(64) not null default '',
  displayname varchar(64),
  password varchar(255) not null default '',
  uid_lower varchar(64) default '',
  primary key (uid),
  key user_uid_lower (uid_lower)
) engine=InnoDB default charset=utf8mb4 collate utf8mb4_bin;
