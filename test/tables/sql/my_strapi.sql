-- Strapi's users and permissions, on MySQL.
create table up_users (
  id int unsigned not null auto_increment primary key,
  document_id varchar(255),
  username varchar(255),
  email varchar(255),
  provider varchar(255),
  password varchar(255),
  reset_password_token varchar(255),
  confirmation_token varchar(255),
  confirmed tinyint(1),
  blocked tinyint(1),
  created_at datetime(6),
  updated_at datetime(6),
  unique key up_users_email (email),
  unique key up_users_username (username)
) engine=InnoDB default charset=utf8mb4;
