/**
 * The shape of a configuration, at every level: which options there are, and of which type.
 *
 * A misspelt option is one that is not there, so that what it was to protect has the default, or
 * nothing. What the values of options mean is judged beside each of them.
 */
import type { AuthConfig } from './config.ts'
import type { SudoOptions } from './features/sudo/settings.ts'
import type { Hooks } from './hooks.ts'
import type { TrustedProxies } from './http/client-address.ts'
import type { CookieOptions } from './http/cookies.ts'
import type { LockoutOptions } from './limits/lockout-settings.ts'
import type { RateLimit } from './limits/throttle.ts'
import type { Argon2Options } from './passwords/argon2id.ts'
import type { PasswordOptions } from './passwords/options.ts'
import type { PasswordPolicyOptions } from './passwords/policy.ts'
import {
  anything,
  callback,
  flag,
  type Kinds,
  list,
  number,
  object,
  orNull,
  type Shape,
  shapeProblems,
  text,
  texts,
} from './shape.ts'
import type { IdentityOptions } from './users/identity.ts'
import type { RegistrationOptions } from './users/registration.ts'

const configuration: Shape<AuthConfig> = {
  users: object,
  secret: anything,
  namespace: text,
  transports: list,
  storage: object,
  warnOnMemoryStorage: flag,
  databaseTimeoutMs: anything,
  identity: object,
  registration: object,
  cookies: object,
  passwords: object,
  lockout: object,
  sudo: object,
  rateLimits: object,
  rateLimitMode: anything,
  trustedProxies: object,
  ipv6Prefix: anything,
  trustedOrigins: texts,
  originMode: anything,
  hooks: object,
  tenant: callback,
  maxBodyBytes: anything,
  onEvent: callback,
  clock: callback,
  random: callback,
}

const identity: Shape<IdentityOptions> = { login: texts, recovery: orNull(text), ignoreCase: texts }

const registration: Shape<RegistrationOptions> = {
  extraFields: texts,
  schema: anything,
  newUserDefaults: object,
  newUserFields: callback,
}

const cookies: Shape<CookieOptions> = { secure: anything, sameSite: anything, path: text }

const passwords: Shape<PasswordOptions> = {
  format: anything,
  cost: number,
  argon2: object,
  adopt: list,
  pepper: anything,
  concurrency: number,
  maxQueued: number,
  minLength: number,
  maxLength: number,
  policy: object,
  setWithToken: anything,
}

const argon2: Shape<Argon2Options> = { memory: anything, passes: anything, parallelism: anything }

const policy: Shape<PasswordPolicyOptions> = {
  common: anything,
  contextWords: anything,
  words: anything,
  breached: anything,
}

const lockout: Shape<LockoutOptions> = {
  maxAttempts: number,
  maxAttemptsPerAddress: number,
  windowSeconds: number,
  baseLockSeconds: number,
  maxLockSeconds: number,
  retentionSeconds: number,
  maxConsecutiveFailures: number,
  horizonSeconds: number,
  mode: anything,
}

const sudo: Shape<SudoOptions> = {
  windowSeconds: anything,
  maxAttempts: anything,
  lockoutSeconds: anything,
  route: anything,
  withoutPassword: anything,
}

const rateLimit: Shape<RateLimit> = { times: anything, seconds: anything }

const trustedProxies: Shape<TrustedProxies> = { hops: number, networks: texts }

const hooks: Shape<Hooks> = {
  registering: callback,
  afterRegister: callback,
  afterLogin: callback,
  afterLogout: callback,
  afterPasswordChanged: callback,
  afterSudo: callback,
}

const levels: Readonly<Partial<Record<keyof AuthConfig, Kinds>>> = {
  identity,
  registration,
  cookies,
  passwords,
  lockout,
  sudo,
  trustedProxies,
  hooks,
}

/** What is wrong with the shape of a configuration, one sentence each. */
export function configShapeProblems(config: AuthConfig): string[] {
  const problems = shapeProblems('', config, configuration)
  const inside = (option: string, given: unknown, shape: Kinds) => {
    // What is no object was told one level above.
    if (object.is(given)) problems.push(...shapeProblems(option, given, shape))
  }
  for (const [option, shape] of Object.entries(levels)) {
    inside(option, config[option as keyof AuthConfig], shape)
  }
  inside('passwords.argon2', config.passwords?.argon2, argon2)
  inside('passwords.policy', config.passwords?.policy, policy)
  for (const [action, limit] of Object.entries(config.rateLimits ?? {})) {
    inside(`rateLimits.${action}`, limit, rateLimit)
  }
  return problems
}
