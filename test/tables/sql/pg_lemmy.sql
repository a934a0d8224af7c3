-- Lemmy, on PostgreSQL: who is banned is said of the person, in another table.
create table person (
  id serial primary key, name varchar(255) not null, display_name varchar(255), avatar text, banned boolean not null default false,
  published timestamptz not null default now(), updated timestamptz, actor_id varchar(255) not null unique, bio text, local boolean not null default true,
  private_key text, public_key text not null, deleted boolean not null default false, bot_account boolean not null default false, ban_expires timestamptz
);
create table local_user (
  id serial primary key, person_id integer not null unique references person (id) on update cascade on delete cascade, password_encrypted text,
  email text unique, show_nsfw boolean not null default false, theme text not null default 'browser', interface_language varchar(20) not null default 'browser',
  show_avatars boolean not null default true, email_verified boolean not null default false, accepted_application boolean not null default false,
  totp_2fa_secret text, open_links_in_new_tab boolean not null default false, totp_2fa_enabled boolean not null default false, admin boolean not null default false
);
insert into person (id, name, actor_id, public_key) values (0, 'new', 'new', ''), (1, 'old', 'old', '');
