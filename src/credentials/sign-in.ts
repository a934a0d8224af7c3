/**
 * The one way in. Whatever proved who somebody is, a password or the application's own word, the
 * rest is the same: is the account active, is a further proof wanted, what ends, which transport
 * carries the credential, does the epoch still hold, the hook, the event, the known device.
 */
import { AuthError, ConfigurationError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import { hookContext, type RunHook } from '../hooks.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Accounts, CredentialOwner } from '../users/accounts.ts'
import { requireUser } from '../users/given-user.ts'
import type { UserScope } from '../users/store.ts'
import type { Carrier, Issued } from './carrier.ts'
import type { AliveLogins, KnownDevices, RememberedDevice } from './known-devices.ts'
import type { PendingSignIn, PendingSignIns } from './pending.ts'
import type { Deliver, FurtherProof, Proof } from './proof.ts'

/** Where a sign-in happens. */
export interface SignInPlace {
  /** `null` where no request asked. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
  /** What a client without cookies sent to be recognised by; see `KnownDevices`. */
  readonly deviceToken?: string | undefined
}

export interface SignedIn<Answer> {
  readonly row: object
  readonly answer: Answer
  /** The client, which is a known device of the account from now on. */
  readonly device: RememberedDevice
  /** What a route answers. */
  readonly body: object
  /** Set-Cookie values that must be on the answer. */
  readonly cookies: readonly string[]
}

/** Why an account is not let in, whoever has proven to be its owner. */
export type Refuse = (
  row: object,
) => { readonly reason: 'unverified'; readonly error: AuthError } | null

export interface SignInParts {
  readonly accounts: Accounts
  readonly devices: KnownDevices
  readonly pending: PendingSignIns
  readonly runHook: RunHook
  /** Of these logins of a user those that are alive. */
  readonly aliveAmong: (
    scope: UserScope,
    row: object,
    logins: readonly string[],
  ) => ReturnType<AliveLogins>
  readonly emit: EventListener
}

export class SignIn {
  readonly #parts: SignInParts
  readonly #furtherProofs: FurtherProof[] = []
  readonly #refusals: Refuse[] = []
  readonly #carriers: Map<string, Carrier> = new Map()
  #deliveries: ReadonlyMap<string, Deliver> = new Map()

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /**
   * What features bring: the transports that carry a login, the second factors, who is not let in,
   * and who is given what a sign-in carries.
   *
   * @throws ConfigurationError for two factors of one name: either would pass for both.
   */
  learn(
    carriers: readonly Carrier[],
    furtherProofs: readonly FurtherProof[],
    refusals: readonly Refuse[] = [],
    deliveries: ReadonlyMap<string, Deliver> = new Map(),
  ): void {
    const names = furtherProofs.map(({ name }) => name)
    const twice = names.filter((name, index) => names.indexOf(name) < index)
    if (twice.length > 0) {
      throw new ConfigurationError(
        twice.map((name) => `two features ask for '${name}' as a further proof; leave one out`),
      )
    }
    for (const carrier of carriers) this.#carriers.set(carrier.name, carrier)
    this.#furtherProofs.push(...furtherProofs)
    this.#refusals.push(...refusals)
    this.#deliveries = deliveries
  }

  /**
   * Signs the owner of a proof in. One that waits in the same browser ends.
   *
   * @throws AuthError `incorrect_credentials` (401) for an account that is disabled, or whose
   *   credentials all ended since it was proven; `not_verified` (403) where that is required;
   *   `further_proof_required` (401);
   *   `storage_unavailable` (503); and whatever the hook throws.
   */
  async complete<Options, Answer>(
    place: SignInPlace,
    proof: Proof,
    carrier: Carrier<Options, Answer>,
    options: Options,
  ): Promise<SignedIn<Answer>> {
    requireUser(proof.row)
    if (!this.#parts.accounts.isActive(proof.row)) throw incorrect()
    this.#requireWelcome(place, proof)
    const wanted = await this.#wanted(place, proof)
    if (wanted.length > 0) throw await this.#wait(place, proof, carrier, options, wanted)
    return this.#issue(place, proof, carrier, options)
  }

  /**
   * Goes on with a sign-in that waited, once `proven` was given. One that wants more goes on
   * waiting, under a new token.
   *
   * @param token What a client without cookies sent.
   * @throws AuthError as `complete`; `sign_in_ended` (401) where nothing waits any more.
   */
  async resume(exchange: Exchange, proven: string, token?: string): Promise<SignedIn<unknown>> {
    const { accounts, pending } = this.#parts
    const waiting = await pending.take(exchange, token)
    const carrier = waiting && this.#carrierOf(waiting)
    const row = waiting && (await accounts.byId(waiting.user, exchange.scope))
    if (!waiting || !carrier || !row || !accounts.isActive(row)) throw ended()
    if (accounts.epoch(row) !== waiting.epoch) throw ended()
    const { method, provenAt, carries, options } = waiting
    const wanted = waiting.wanted.filter((name) => name !== proven)
    const place: SignInPlace = { exchange, scope: exchange.scope }
    const proof: Proof = { method, provenAt, row, carries }
    if (wanted.length > 0) throw await this.#wait(place, proof, carrier, options, wanted)
    return this.#issue(place, proof, carrier, options)
  }

  /** A client that was given the token in a body keeps the credential itself, too. */
  #carrierOf({ transport, inCookies }: PendingSignIn): Carrier | undefined {
    const carrier = this.#carriers.get(transport)
    return inCookies ? carrier : (carrier?.withoutCookies ?? carrier)
  }

  /**
   * Ends the sign-in that waits in a browser; returns the cookie that then goes.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  abandon(exchange: Exchange): Promise<readonly string[]> {
    return this.#parts.pending.abandon(exchange)
  }

  async #issue<Options, Answer>(
    { exchange, scope, deviceToken }: SignInPlace,
    { row, provenAt, carries }: Proof,
    carrier: Carrier<Options, Answer>,
    options: Options,
  ): Promise<SignedIn<Answer>> {
    const { accounts, aliveAmong, devices, runHook, emit } = this.#parts
    const owner = await accounts.ownerOf(row, scope)
    // The login that this client had before ends here, since its cookie is replaced.
    const cleared = exchange
      ? [...(await carrier.endOf(exchange)), ...(await this.#superseded(exchange, carrier))]
      : []
    const issued = await carrier.issue({ exchange, scope, owner, provenAt }, options)
    await undoing(issued, async () => {
      await this.#requireSameEpoch(owner, scope)
      if (carries) await this.#deliveries.get(carries.feature)?.(scope, row, carries.content)
      await runHook('afterLogin', accounts.user(row), hookContext(exchange, carrier.name))
    })
    emit({
      name: 'login.succeeded',
      userId: accounts.id(row),
      transport: carrier.name,
      login: issued.login,
      address: exchange?.address?.address ?? null,
    })
    const device = await devices.remember(
      exchange,
      scope,
      owner.id,
      issued.login,
      (logins) => aliveAmong(scope, row, logins),
      deviceToken,
    )
    // A cookie that is set anew is not cleared as well.
    const kept = cleared.filter((line) => !issued.cookies.some((set) => name(set) === name(line)))
    const { answer } = issued
    const inCookies = exchange !== null && carrier.inCookies
    const body = {
      ...carrier.body(row, answer),
      ...(inCookies ? {} : { device_token: device.token }),
    }
    const cookies = [...kept, ...issued.cookies, ...(inCookies ? [device.cookie] : [])]
    return { row, answer, device, body, cookies }
  }

  /** Only who has proven to be the owner learns why. */
  #requireWelcome({ exchange }: SignInPlace, { row }: Proof): void {
    const { accounts, emit } = this.#parts
    for (const refuse of this.#refusals) {
      const refusal = refuse(row)
      if (refusal === null) continue
      const address = exchange?.address?.address ?? null
      emit({ name: 'login.failed', reason: refusal.reason, userId: accounts.id(row), address })
      throw refusal.error
    }
  }

  async #wanted({ exchange }: SignInPlace, proof: Proof): Promise<readonly string[]> {
    const wanted: string[] = []
    for (const further of this.#furtherProofs) {
      // Whatever a feature says by mistake, nothing but a clear no lets in.
      if ((await further.isWanted(proof, exchange)) !== false) wanted.push(further.name)
    }
    return wanted
  }

  async #wait(
    { exchange, scope }: SignInPlace,
    { method, row, provenAt, carries }: Proof,
    carrier: Pick<Carrier, 'name' | 'inCookies'>,
    options: unknown,
    wanted: readonly string[],
  ): Promise<AuthError> {
    const { accounts, pending } = this.#parts
    const { id: user, epoch } = await accounts.ownerOf(row, scope)
    const inCookies = exchange !== null && carrier.inCookies
    const transport = carrier.name
    const begun = { user, epoch, method, provenAt, carries }
    const waiting = { ...begun, transport, options, inCookies, wanted }
    if (exchange) await this.#superseded(exchange, carrier)
    const token = await pending.begin(scope, waiting)
    return new AuthError('further_proof_required', 'A further proof is required.', {
      headers: inCookies ? { 'Set-Cookie': pending.cookieFor(token) } : {},
      members: { wanted, ...(inCookies ? {} : { pending: token }) },
    })
  }

  /** A browser waits for one sign-in at most: the next one ends it. */
  async #superseded(
    exchange: Exchange,
    { inCookies }: Pick<Carrier, 'inCookies'>,
  ): Promise<readonly string[]> {
    return inCookies ? this.abandon(exchange) : []
  }

  /**
   * Checks that nobody ended all credentials since the proof. It runs after the new credential is
   * in its index: a later revocation finds it there, and an earlier one shows in the epoch.
   * Otherwise a dead credential would take a place under the cap.
   */
  async #requireSameEpoch({ id, epoch }: CredentialOwner, scope: UserScope): Promise<void> {
    const { accounts } = this.#parts
    const now = await accounts.byId(id, scope)
    if (now === null || !accounts.isActive(now) || accounts.epoch(now) !== epoch) throw incorrect()
  }
}

/** If the undoing fails as well, what is left is a credential that nobody was told. */
async function undoing(issued: Issued<unknown>, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await issued.undo().catch(() => undefined)
    throw error
  }
}

/** Expired, used, of another client, or its account's credentials have ended: not told apart. */
function ended(): AuthError {
  return new AuthError('sign_in_ended', 'The sign-in has ended. Log in again.')
}

/** What a browser knows a cookie by; that of a parent domain is another one. */
function name(setCookie: string): string {
  const [, domain = ''] = /; Domain=([^;]*)/.exec(setCookie) ?? []
  return `${setCookie.slice(0, setCookie.indexOf('='))}@${domain}`
}

/** The same for everybody: an unknown identifier, a wrong password, a disabled account. */
export function incorrect(): AuthError {
  return new AuthError('incorrect_credentials', 'Incorrect username or password')
}
