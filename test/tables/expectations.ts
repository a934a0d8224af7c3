/**
 * What is expected of each table: which column is what, who is kept out, what is lost, and whether
 * it goes through without a hand. The tables are in `sql`, named by their database.
 */

export interface Expectation {
  /** The file in `sql`; its beginning says which database. */
  readonly file: string
  /** What people know it as. */
  readonly name: string
  readonly table: string
  /** Decisions, and what else has to be said on the command line; without any it goes by itself. */
  readonly said?: {
    readonly letIn?: Readonly<Record<string, readonly string[]>>
    readonly ignored?: readonly string[]
    readonly tenant?: string
    readonly columns?: Readonly<Record<string, string>>
  }
  /** Whether a migration that the doctor prints has to be run before. */
  readonly migrates?: true
  /** Field to column. */
  readonly map: Readonly<Record<string, string>>
  /** The hash in a second table. */
  readonly elsewhere?: string
  /** Columns that the condition on every user looks at. */
  readonly where?: readonly string[]
  /** Columns of which to decide whether they keep out, before anything was said. */
  readonly undecided?: readonly string[]
  /** Columns that are named as lost. */
  readonly lost?: readonly string[]
  /** Why it is not ready, whatever is said; nothing more is tried. */
  readonly refused?: string
  /** A person of before: `$hash`, `$login`; of a hash in several columns `$salt`, `$algorithm`. */
  readonly person?: string
  /** Which hash that person has. Default plain bcrypt. */
  readonly hash?:
    | 'django'
    | 'passlib'
    | 'aspnet'
    | 'wordpress'
    | 'betterAuth'
    | 'payload'
    | 'gitea'
    | 'keycloak'
  /** What shuts that person out, each by itself. */
  readonly shutOut?: readonly string[]
  /** Whether new accounts wait until they are enabled. */
  readonly waits?: true
  /** Whether tenants are numbers: it is 1 that the people are of. */
  readonly numbersTenants?: true
  /** Whether it logs in by a name instead of an address. */
  readonly byName?: true
}

export const expectations: readonly Expectation[] = [
  {
    file: 'lite_django',
    name: 'Django',
    table: 'auth_user',
    map: {
      id: 'id',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'is_active',
      isSuperuser: 'is_superuser',
    },
    byName: true,
    hash: 'django',
    person: `insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      values ('$hash', 0, '$login', '', '', '', 0, 1, '2024-01-01 00:00:00')`,
    shutOut: ['update auth_user set is_active = 0'],
  },
  {
    file: 'lite_rails8',
    name: 'Rails 8',
    table: 'users',
    map: { id: 'id', email: 'email_address', hashedPassword: 'password_digest' },
    person: `insert into users (email_address, password_digest, created_at, updated_at) values ('$login', '$hash', '2024-01-01', '2024-01-01')`,
  },
  {
    file: 'lite_gitea',
    name: 'Forgejo, Gitea',
    table: 'user',
    map: {
      id: 'id',
      username: 'name',
      hashedPassword: 'passwd',
      isActive: 'is_active',
      isSuperuser: 'is_admin',
    },
    where: ['prohibit_login'],
    lost: ['must_change_password'],
    byName: true,
    hash: 'gitea',
    person: `insert into user (name, lower_name, email, passwd, salt, passwd_hash_algo, is_active) values ('$login', lower('$login'), '', '$hash', '$salt', '$algorithm', 1)`,
    shutOut: ['update user set is_active = 0', 'update user set prohibit_login = 1'],
  },
  {
    file: 'lite_vaultwarden',
    name: 'Vaultwarden',
    table: 'users',
    map: {
      id: 'uuid',
      email: 'email',
      hashedPassword: 'password_hash',
      isActive: 'enabled',
      emailVerified: 'verified_at',
    },
    lost: ['totp_secret'],
    refused: 'password_hash holds bytes',
  },
  {
    file: 'lite_directus',
    name: 'Directus',
    table: 'directus_users',
    map: { id: 'id', email: 'email', hashedPassword: 'password', isActive: 'status' },
    lost: ['tfa_secret'],
    person: `insert into directus_users (id, email, password, status) values ('00000000-0000-4000-8000-000000000001', '$login', '$hash', 'active')`,
    shutOut: [
      `update directus_users set status = 'suspended'`,
      `update directus_users set status = 'invited'`,
      `update directus_users set status = 'something new'`,
    ],
  },
  {
    file: 'my_ghost',
    name: 'Ghost',
    table: 'users',
    migrates: true,
    map: { id: 'id', email: 'email', hashedPassword: 'password', isActive: 'status' },
    person: `insert into users (id, name, slug, password, email, created_at) values ('1', 'a', 'a', '$hash', '$login', now())`,
    shutOut: [`update users set status = 'inactive'`, `update users set status = 'locked'`],
  },
  {
    file: 'my_wordpress',
    name: 'WordPress',
    table: 'wp_users',
    migrates: true,
    map: {
      id: 'ID',
      email: 'user_email',
      username: 'user_login',
      hashedPassword: 'user_pass',
      isActive: 'user_status',
    },
    hash: 'wordpress',
    person: `insert into wp_users (user_login, user_pass, user_email) values ('old', '$hash', '$login')`,
    shutOut: ['update wp_users set user_status = 1'],
  },
  {
    file: 'my_laravel',
    name: 'Laravel',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password',
      emailVerified: 'email_verified_at',
    },
    where: ['deleted_at'],
    person: `insert into users (name, email, password) values ('', '$login', '$hash')`,
    shutOut: ['update users set deleted_at = now()'],
  },
  {
    file: 'my_jetstream',
    name: 'Laravel with Jetstream',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password',
      emailVerified: 'email_verified_at',
    },
    lost: ['two_factor_secret'],
    person: `insert into users (name, email, password) values ('', '$login', '$hash');
      insert into connected_accounts (user_id, provider, provider_id, token) select id, 'google', '1', '' from users`,
  },
  {
    file: 'my_ruoyi',
    name: 'RuoYi',
    table: 'sys_user',
    migrates: true,
    said: { letIn: { status: ['0'] } },
    undecided: ['status'],
    map: { id: 'user_id', username: 'user_name', hashedPassword: 'password', isActive: 'status' },
    where: ['del_flag'],
    byName: true,
    person: `insert into sys_user (user_name, nick_name, password) values ('$login', '', '$hash')`,
    shutOut: [`update sys_user set status = '1'`, `update sys_user set del_flag = '2'`],
  },
  {
    file: 'lite_grafana',
    name: 'Grafana',
    table: 'user',
    said: { letIn: { is_service_account: ['0', 'null'] } },
    undecided: ['is_service_account'],
    map: {
      id: 'id',
      email: 'email',
      username: 'login',
      hashedPassword: 'password',
      isActive: 'is_disabled',
      isSuperuser: 'is_admin',
      emailVerified: 'email_verified',
    },
    where: ['is_service_account'],
    person: `insert into user (version, login, email, password, org_id, is_admin, created, updated) values (0, 'old', '$login', '$hash', 0, 0, '2024-01-01', '2024-01-01')`,
    shutOut: ['update user set is_disabled = 1', 'update user set is_service_account = 1'],
  },
  {
    file: 'pg_kanboard',
    name: 'Kanboard',
    table: 'users',
    said: { letIn: { is_ldap_user: ['false', 'null'] } },
    undecided: ['is_ldap_user'],
    map: { id: 'id', username: 'username', hashedPassword: 'password', isActive: 'is_active' },
    where: ['is_ldap_user', 'disable_login_form'],
    lost: ['twofactor_activated', 'twofactor_secret'],
    byName: true,
    person: `insert into users (username, password) values ('$login', '$hash')`,
    shutOut: [
      'update users set is_active = false',
      'update users set disable_login_form = true',
      'update users set is_ldap_user = true',
    ],
  },
  {
    file: 'pg_lemmy',
    name: 'Lemmy',
    table: 'local_user',
    said: { ignored: ['person.banned', 'person.deleted', 'person.ban_expires'] },
    undecided: ['person.banned', 'person.deleted', 'person.ban_expires'],
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password_encrypted',
      isActive: 'accepted_application',
      isSuperuser: 'admin',
      emailVerified: 'email_verified',
    },
    lost: ['totp_2fa_secret', 'totp_2fa_enabled'],
    waits: true,
    person: `insert into local_user (person_id, email, password_encrypted, accepted_application) values (1, '$login', '$hash', true)`,
    shutOut: ['update local_user set accepted_application = false'],
  },
  {
    file: 'pg_sentry',
    name: 'Sentry',
    table: 'auth_user',
    said: { letIn: { is_sentry_app: ['false', 'null'] } },
    undecided: ['is_sentry_app'],
    map: {
      id: 'id',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'is_active',
      isSuperuser: 'is_superuser',
    },
    where: ['is_sentry_app', 'is_unclaimed'],
    lost: ['is_password_expired'],
    byName: true,
    hash: 'django',
    person: `insert into auth_user (password, username, first_name, email, is_staff, is_active, is_superuser, is_managed, is_password_expired, date_joined)
      values ('$hash', '$login', '', '', false, true, false, false, false, now())`,
    shutOut: [
      'update auth_user set is_active = false',
      'update auth_user set is_unclaimed = true',
      'update auth_user set is_sentry_app = true',
    ],
  },
  {
    file: 'my_phpbb',
    name: 'phpBB',
    table: 'phpbb_users',
    map: {
      id: 'user_id',
      username: 'username',
      hashedPassword: 'user_password',
      isActive: 'user_inactive_reason',
    },
    byName: true,
    person: `insert into phpbb_users (username, username_clean, user_password, user_permissions, user_sig) values ('$login', lower('$login'), '$hash', '', '')`,
    shutOut: ['update phpbb_users set user_inactive_reason = 3'],
  },
  {
    file: 'my_nextcloud',
    name: 'Nextcloud',
    table: 'oc_users',
    map: { id: 'uid', username: 'uid', hashedPassword: 'password' },
    byName: true,
    person: `insert into oc_users (uid, password, uid_lower) values ('$login', '$hash', lower('$login'))`,
  },
  {
    file: 'my_drupal',
    name: 'Drupal',
    table: 'users_field_data',
    said: { tenant: 'langcode', letIn: { status: ['1'] } },
    undecided: ['status'],
    map: { id: 'uid', username: 'name', hashedPassword: 'pass', isActive: 'status' },
    refused: 'uid must have a value',
  },
  {
    file: 'my_joomla',
    name: 'Joomla',
    table: 'jos_users',
    migrates: true,
    map: { id: 'id', username: 'username', hashedPassword: 'password', isActive: 'block' },
    lost: ['otpKey', 'requireReset'],
    byName: true,
    person: `insert into jos_users (username, password, registerDate, params) values ('$login', '$hash', now(), '')`,
    shutOut: ['update jos_users set block = 1'],
  },
  {
    file: 'my_mattermost',
    name: 'Mattermost',
    table: 'Users',
    map: {
      id: 'Id',
      email: 'Email',
      username: 'Username',
      hashedPassword: 'Password',
      emailVerified: 'EmailVerified',
    },
    where: ['DeleteAt'],
    lost: ['MfaActive', 'MfaSecret'],
    person: `insert into Users (Id, DeleteAt, Username, Email, Password) values ('a', 0, 'old', '$login', '$hash')`,
    shutOut: ['update Users set DeleteAt = 1700000000000'],
  },
  {
    file: 'my_strapi',
    name: 'Strapi',
    table: 'up_users',
    map: {
      id: 'id',
      email: 'email',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'blocked',
      emailVerified: 'confirmed',
    },
    person: `insert into up_users (username, email, password, blocked, confirmed) values ('old', '$login', '$hash', 0, 1)`,
    shutOut: ['update up_users set blocked = 1'],
  },
  {
    file: 'pg_documenso',
    name: 'Documenso',
    table: 'User',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password',
      isActive: 'disabled',
      emailVerified: 'emailVerified',
    },
    person: `insert into "User" (email, password) values ('$login', '$hash')`,
    shutOut: ['update "User" set disabled = true'],
  },
  {
    file: 'pg_formbricks',
    name: 'Formbricks',
    table: 'User',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password',
      isActive: 'isActive',
      emailVerified: 'email_verified',
    },
    lost: ['twoFactorSecret', 'twoFactorEnabled', 'backupCodes'],
    person: `insert into "User" (id, updated_at, name, email, password) values ('a', now(), '', '$login', '$hash')`,
    shutOut: ['update "User" set "isActive" = false'],
  },
  {
    file: 'pg_gitlab',
    name: 'GitLab',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      username: 'username',
      hashedPassword: 'encrypted_password',
      isActive: 'state',
      isSuperuser: 'admin',
      emailVerified: 'confirmed_at',
    },
    where: ['locked_at'],
    person: `insert into users (email, encrypted_password, projects_limit, username, state) values ('$login', '$hash', 0, 'old', 'active')`,
    shutOut: [
      `update users set state = 'blocked'`,
      `update users set state = 'ldap_blocked'`,
      'update users set state = null',
      'update users set locked_at = now()',
    ],
  },
  {
    file: 'pg_keycloak',
    name: 'Keycloak',
    table: 'user_entity',
    said: { tenant: 'realm_id' },
    migrates: true,
    map: {
      id: 'id',
      email: 'email_constraint',
      username: 'username',
      isActive: 'enabled',
      emailVerified: 'email_verified',
    },
    waits: true,
    elsewhere: 'credential.secret_data',
    hash: 'keycloak',
    person: `insert into user_entity (id, email_constraint, realm_id, enabled) values ('1', '$login', 'a', true);
      insert into credential (id, type, user_id, secret_data, credential_data) values
        ('1', 'otp', '1', '{"value":"JBSWY3DP"}', '{}'), ('2', 'password', '1', '$hash', '$algorithm')`,
    shutOut: ['update user_entity set enabled = false'],
  },
  {
    file: 'pg_mastodon',
    name: 'Mastodon',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'encrypted_password',
      isActive: 'approved',
      emailVerified: 'confirmed_at',
    },
    where: ['disabled'],
    lost: ['otp_required_for_login'],
    person: `insert into users (email, encrypted_password, account_id, created_at, updated_at) values ('$login', '$hash', 1, now(), now())`,
    shutOut: ['update users set disabled = true', 'update users set approved = false'],
  },
  {
    file: 'pg_n8n',
    name: 'n8n',
    table: 'user',
    map: { id: 'id', email: 'email', hashedPassword: 'password', isActive: 'disabled' },
    lost: ['mfaEnabled', 'mfaSecret'],
    person: `insert into "user" (email, password) values ('$login', '$hash')`,
    shutOut: ['update "user" set disabled = true'],
  },
  {
    file: 'pg_odoo',
    name: 'Odoo',
    table: 'res_users',
    map: { id: 'id', username: 'login', hashedPassword: 'password', isActive: 'active' },
    lost: ['totp_secret'],
    byName: true,
    hash: 'passlib',
    person: `insert into res_users (company_id, partner_id, login, password, notification_type) values (1, 3, '$login', '$hash', 'email')`,
    shutOut: ['update res_users set active = false', 'update res_users set active = null'],
  },
  {
    file: 'pg_payload',
    name: 'Payload',
    table: 'users',
    map: { id: 'id', email: 'email', hashedPassword: 'hash' },
    where: ['lock_until'],
    hash: 'payload',
    person: `insert into users (email, hash, salt) values ('$login', '$hash', '$salt')`,
    shutOut: [`update users set lock_until = now() + interval '1 hour'`],
  },
  {
    file: 'pg_plausible',
    name: 'Plausible',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password_hash',
      emailVerified: 'email_verified',
    },
    lost: ['totp_secret', 'totp_enabled'],
    // In capitals, which citext takes for the same.
    person: `insert into users (email, password_hash, inserted_at, updated_at) values (upper('$login'), '$hash', now(), now())`,
  },
  {
    file: 'pg_twenty',
    name: 'Twenty',
    table: 'core.user',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'passwordHash',
      isActive: 'disabled',
      emailVerified: 'isEmailVerified',
    },
    where: ['deletedAt'],
    person: `insert into core."user" (email, "passwordHash") values ('$login', '$hash')`,
    shutOut: [
      'update core."user" set disabled = true',
      'update core."user" set "deletedAt" = now()',
    ],
  },
  {
    file: 'pg_wikijs',
    name: 'Wiki.js',
    table: 'users',
    said: { tenant: 'providerKey', letIn: { isSystem: ['false'] } },
    undecided: ['isSystem'],
    where: ['isSystem'],
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'password',
      isActive: 'isActive',
      emailVerified: 'isVerified',
    },
    lost: ['tfaIsActive', 'tfaSecret', 'mustChangePwd'],
    waits: true,
    person: `insert into users (email, name, password, "createdAt", "updatedAt", "isActive", "providerKey") values ('$login', '', '$hash', '', '', true, 'a')`,
    shutOut: ['update users set "isActive" = false'],
  },
  {
    file: 'pg_discourse',
    name: 'Discourse',
    table: 'users',
    migrates: true,
    map: {
      id: 'id',
      username: 'username',
      hashedPassword: 'password_hash',
      isActive: 'active',
      isSuperuser: 'admin',
    },
    said: { letIn: { approved: ['true'] } },
    undecided: ['approved'],
    where: ['approved', 'suspended_till'],
    byName: true,
    waits: true,
    person: `insert into users (username, username_lower, password_hash, active, approved, trust_level, created_at, updated_at) values ('$login', lower('$login'), '$hash', true, true, 0, now(), now())`,
    shutOut: [
      'update users set active = false',
      'update users set approved = false',
      `update users set suspended_till = now() + interval '1 year'`,
    ],
  },
  {
    file: 'pg_aspnet',
    name: 'ASP.NET Identity',
    table: 'AspNetUsers',
    map: {
      id: 'Id',
      username: 'UserName',
      hashedPassword: 'PasswordHash',
    },
    where: ['LockoutEnd'],
    lost: ['TwoFactorEnabled'],
    byName: true,
    hash: 'aspnet',
    person: `insert into "AspNetUsers" values ('a', '$login', upper('$login'), null, null, true, '$hash', '', '', null, false, false, null, true, 0)`,
    shutOut: [`update "AspNetUsers" set "LockoutEnd" = '9999-12-31'`],
  },
  {
    file: 'pg_devise',
    name: 'Devise',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'encrypted_password',
      isSuperuser: 'admin',
      emailVerified: 'confirmed_at',
    },
    where: ['locked_at'],
    person: `insert into users (email, encrypted_password, created_at, updated_at) values ('$login', '$hash', now(), now())`,
    shutOut: ['update users set locked_at = now()'],
  },
  {
    file: 'pg_chatwoot',
    name: 'Chatwoot',
    table: 'users',
    said: { tenant: 'provider', columns: { username: 'uid' } },
    map: {
      id: 'id',
      username: 'uid',
      hashedPassword: 'encrypted_password',
      emailVerified: 'confirmed_at',
    },
    lost: ['otp_required_for_login'],
    byName: true,
    person: `insert into users (provider, uid, name, encrypted_password, created_at, updated_at) values ('a', '$login', '', '$hash', now(), now())`,
  },
  {
    file: 'pg_calcom',
    name: 'Cal.com',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      username: 'username',
      isActive: 'locked',
      emailVerified: 'emailVerified',
    },
    lost: ['twoFactorEnabled'],
    elsewhere: 'UserPassword.hash',
    person: `insert into users (email, username) values ('$login', 'old');
      insert into "UserPassword" (hash, "userId") select '$hash', id from users`,
    shutOut: ['update users set locked = true'],
  },
  {
    file: 'pg_betterauth',
    name: 'Better Auth',
    table: 'user',
    map: {
      id: 'id',
      email: 'email',
      isActive: 'banned',
      emailVerified: 'emailVerified',
    },
    where: ['banExpires'],
    migrates: true,
    elsewhere: 'account.password',
    hash: 'betterAuth',
    person: `insert into "user" (id, name, email, "emailVerified") values ('1', '', '$login', true);
      insert into account (id, "accountId", "providerId", "userId", password) values
        ('1', '1', 'credential', '1', '$hash'), ('2', 'g-1', 'google', '1', null)`,
    shutOut: ['update "user" set banned = true'],
  },
  {
    file: 'my_betterauth',
    name: 'Better Auth, on MySQL',
    table: 'user',
    map: {
      id: 'id',
      email: 'email',
      isActive: 'banned',
      emailVerified: 'emailVerified',
    },
    where: ['banExpires'],
    migrates: true,
    elsewhere: 'account.password',
    person: `insert into user (id, name, email, emailVerified) values ('1', '', '$login', true);
      insert into account (id, accountId, providerId, userId, password) values
        ('1', '1', 'credential', '1', '$hash'), ('2', 'g-1', 'google', '1', null)`,
    shutOut: ['update user set banned = true'],
  },
  {
    file: 'my_keycloak',
    name: 'Keycloak, on MySQL',
    table: 'USER_ENTITY',
    said: { tenant: 'REALM_ID' },
    migrates: true,
    map: {
      id: 'ID',
      email: 'EMAIL_CONSTRAINT',
      username: 'USERNAME',
      isActive: 'ENABLED',
      emailVerified: 'EMAIL_VERIFIED',
    },
    elsewhere: 'CREDENTIAL.SECRET_DATA',
    hash: 'keycloak',
    person: `insert into USER_ENTITY (ID, EMAIL_CONSTRAINT, REALM_ID, ENABLED) values ('1', '$login', 'a', true);
      insert into CREDENTIAL (ID, TYPE, USER_ID, SECRET_DATA, CREDENTIAL_DATA) values
        ('1', 'otp', '1', '{"value":"JBSWY3DP"}', '{}'), ('2', 'password', '1', '$hash', '$algorithm')`,
    shutOut: ['update USER_ENTITY set ENABLED = false'],
  },
  {
    file: 'pg_authjs',
    name: 'Auth.js (NextAuth)',
    table: 'User',
    migrates: true,
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'hashed_password',
      emailVerified: 'emailVerified',
    },
  },
  {
    file: 'pg_auth0',
    name: 'An export of Auth0',
    table: 'auth0_users',
    map: {
      id: 'user_id',
      email: 'email',
      hashedPassword: 'password_hash',
      isActive: 'blocked',
      emailVerified: 'email_verified',
    },
    person: `insert into auth0_users (user_id, email, email_verified, password_hash) values ('auth0|1', '$login', true, '$hash')`,
    shutOut: ['update auth0_users set blocked = true'],
  },
  {
    file: 'pg_supabase',
    name: 'Supabase',
    table: 'auth.users',
    map: {
      id: 'id',
      email: 'email',
      hashedPassword: 'encrypted_password',
      isActive: 'banned_until',
      isSuperuser: 'is_super_admin',
      emailVerified: 'email_confirmed_at',
    },
    said: { letIn: { is_sso_user: ['false'], is_anonymous: ['false'] } },
    undecided: ['is_sso_user', 'is_anonymous'],
    where: ['is_sso_user', 'is_anonymous', 'deleted_at'],
    person: `insert into auth.users (id, email, encrypted_password) values ('00000000-0000-4000-8000-000000000001', '$login', '$hash')`,
    shutOut: [
      `update auth.users set banned_until = now() + interval '1 year'`,
      'update auth.users set deleted_at = now()',
    ],
  },
  {
    file: 'pg_canvas',
    name: 'Canvas LMS',
    table: 'pseudonyms',
    numbersTenants: true,
    said: { tenant: 'account_id', columns: { username: 'unique_id' } },
    map: {
      id: 'id',
      username: 'unique_id',
      hashedPassword: 'crypted_password',
    },
    where: ['deleted_at', 'workflow_state'],
    byName: true,
    person: `insert into pseudonyms (user_id, account_id, workflow_state, unique_id, crypted_password, password_salt, persistence_token) values (1, 1, 'active', '$login', '$hash', '', '')`,
    shutOut: [
      `update pseudonyms set workflow_state = 'suspended'`,
      'update pseudonyms set deleted_at = now()',
    ],
  },
  {
    file: 'my_typo3',
    name: 'TYPO3',
    table: 'fe_users',
    migrates: true,
    map: {
      id: 'uid',
      username: 'username',
      email: 'email',
      hashedPassword: 'password',
      isActive: 'disable',
    },
    where: ['deleted', 'starttime', 'endtime'],
    person: `insert into fe_users (username, email, password) values ('old', '$login', '$hash')`,
    shutOut: [
      'update fe_users set disable = 1',
      'update fe_users set deleted = 1',
      'update fe_users set starttime = unix_timestamp() + 3600',
      'update fe_users set endtime = unix_timestamp() - 3600',
    ],
  },
  {
    file: 'my_moodle',
    name: 'Moodle',
    table: 'mdl_user',
    said: { tenant: 'mnethostid' },
    numbersTenants: true,
    map: {
      id: 'id',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'suspended',
      emailVerified: 'confirmed',
    },
    where: ['deleted'],
    byName: true,
    person: `insert into mdl_user (mnethostid, username, password) values (1, '$login', '$hash')`,
    shutOut: ['update mdl_user set suspended = 1', 'update mdl_user set deleted = 1'],
  },
  {
    file: 'pg_redmine',
    name: 'Redmine',
    table: 'users',
    migrates: true,
    map: {
      id: 'id',
      username: 'login',
      hashedPassword: 'hashed_password',
      isSuperuser: 'admin',
      isActive: 'status',
    },
    lost: ['must_change_passwd', 'twofa_scheme', 'twofa_totp_key'],
    byName: true,
    person: `insert into users (login, hashed_password) values ('$login', '$hash')`,
    shutOut: ['update users set status = 3'],
  },
  {
    file: 'my_flarum',
    name: 'Flarum',
    table: 'users',
    migrates: true,
    map: {
      id: 'id',
      email: 'email',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'suspended_until',
      emailVerified: 'is_email_confirmed',
    },
    person: `insert into users (username, email, password) values ('old', '$login', '$hash')`,
    shutOut: [`update users set suspended_until = date_add(now(), interval 1 day)`],
  },
  {
    file: 'pg_craft',
    name: 'Craft CMS',
    table: 'users',
    map: {
      id: 'id',
      email: 'email',
      username: 'username',
      hashedPassword: 'password',
      isActive: 'active',
      isSuperuser: 'admin',
    },
    where: ['pending', 'locked', 'suspended'],
    lost: ['passwordResetRequired'],
    refused: 'id must have a value',
  },
  {
    file: 'my_smf',
    name: 'SMF',
    table: 'smf_members',
    migrates: true,
    map: {
      id: 'id_member',
      username: 'member_name',
      hashedPassword: 'passwd',
      isActive: 'is_activated',
    },
    lost: ['tfa_secret'],
    byName: true,
    person: `insert into smf_members (member_name, passwd) values ('$login', '$hash')`,
    shutOut: ['update smf_members set is_activated = 0'],
  },
]
