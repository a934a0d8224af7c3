-- Of what the doctor suggests: room for the new hashes, and a number that ends tokens and sessions, a
-- random one in each row.
alter table quayside.members alter column passwd type varchar(255);
alter table quayside.members add column token_version integer not null default cast(floor(random() * 2147483648) as integer);

-- Sessions and counters, in the database that is there anyway.
create table quayside.auth_storage (
  id varchar(64) primary key,
  value text not null,
  version bigint not null,
  expires_at bigint not null
);
create index auth_storage_expires_at on quayside.auth_storage (expires_at);
