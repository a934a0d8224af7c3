-- Drupal, on MySQL: a row for each language of a person.
create table users_field_data (
  uid int unsigned not null,
  langcode varchar(12) character set ascii not null,
  name varchar(60) not null,
  pass varchar(255),
  mail varchar(254),
  status tinyint,
  created int not null,
  changed int,
  access int not null,
  login int,
  init varchar(254),
  default_langcode tinyint not null,
  primary key (uid, langcode),
  unique key user__name (name, langcode),
  key user__mail (mail(191))
) engine=InnoDB default charset=utf8mb4;
