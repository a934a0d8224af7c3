-- Laravel with Jetstream, on MySQL: a second factor, and people of providers in another table.
create table users (
  id bigint unsigned not null auto_increment primary key, name varchar(255) not null, email varchar(255) not null, email_verified_at timestamp null,
  password varchar(255) not null, two_factor_secret text, two_factor_recovery_codes text, two_factor_confirmed_at timestamp null,
  remember_token varchar(100), current_team_id bigint unsigned, profile_photo_path varchar(2048), created_at timestamp null, updated_at timestamp null,
  unique key users_email_unique (email)
);
create table connected_accounts (
  id bigint unsigned not null auto_increment primary key, user_id bigint unsigned not null, provider varchar(255) not null, provider_id varchar(255) not null,
  name varchar(255), token varchar(1000) not null, foreign key (user_id) references users (id)
);
