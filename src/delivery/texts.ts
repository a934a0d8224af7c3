/**
 * What messages say, in English; other languages and other words are the application's.
 */
import type { MessageKind } from './channel.ts'

/**
 * The words of one message. `{expires}` stands for how long the link works ("1 hour"), `{app}` for
 * the application's name, `{provider}` for that of the provider that it is about.
 */
export interface EmailText {
  readonly subject: string
  /** The paragraph above the link. */
  readonly lead: string
  /** What the link does. */
  readonly action: string
  /** The paragraph below it. */
  readonly closing: string
}

/**
 * The sentences around a link and a code, which are the same in all messages. `{code_expires}`
 * stands for how long the code works.
 */
export interface EmailPhrases {
  /** Before a link that is written out. */
  readonly copy: string
  /** Before a code. */
  readonly code: string
  /** Of a short text with a code: `{code}` and `{link}` stand for both. */
  readonly shortCode: string
  /** Of one with a link only. */
  readonly shortLink: string
}

/** Texts of one language: what is left out is English. */
export type EmailTexts = Partial<Readonly<Record<MessageKind, Partial<EmailText>>>> & {
  readonly phrases?: Partial<EmailPhrases>
}

const ignore = 'If you did not ask for this, you need not do anything.'

export const englishPhrases: EmailPhrases = {
  copy: 'If the button does not work, copy this address into your browser:',
  code: 'Or enter this code where you asked for it. It works for {code_expires}:',
  shortCode: 'Your code is {code}, or open {link}',
  shortLink: 'Open {link}',
}

const verify: EmailText = {
  subject: 'Verify your email',
  lead: 'Please confirm that this address is yours.',
  action: 'Verify your email',
  closing: `The link works for {expires}. ${ignore}`,
}

export const english: Readonly<Record<MessageKind, EmailText>> = {
  verify_email: verify,
  verify_recovery: verify,
  reset_password: {
    subject: 'Reset your password',
    lead: 'Somebody asked to reset the password of your account.',
    action: 'Reset your password',
    closing: `The link works for {expires}. ${ignore} Your password stays as it is.`,
  },
  change_email: {
    subject: 'Confirm your new email',
    lead: 'Please confirm that your account shall use this address from now on.',
    action: 'Confirm your new email',
    closing: `The link works for {expires}. ${ignore}`,
  },
  existing_account: {
    subject: 'You already have an account',
    lead: 'Somebody tried to register with this address, which already has an account. If it was you, log in with it, or reset your password.',
    action: 'Log in',
    closing: 'If it was not you, you need not do anything. Nobody got into your account.',
  },
  unlock: {
    subject: 'Unlock your account',
    lead: 'After too many wrong passwords, logging in to your account is refused for a while. This link ends that, for you and in the browser in which you open it.',
    action: 'Unlock your account',
    closing: `The link works for {expires}. ${ignore}`,
  },
  sign_in: {
    subject: 'Your link to sign in',
    lead: 'Somebody asked to sign in to your account.',
    action: 'Sign in',
    closing: `The link works for {expires}, once. ${ignore} Give it to nobody.`,
  },
  sign_up: {
    subject: 'Your link to sign up',
    lead: 'Somebody asked to sign in with this address. There is no account yet: this link makes one.',
    action: 'Sign up',
    closing: `The link works for {expires}, once. ${ignore} Give it to nobody.`,
  },
  confirm_identity: {
    subject: 'Confirm that it is you',
    lead: 'Somebody who is logged in to your account wants to do something that needs its owner.',
    action: 'Confirm that it is you',
    closing: `The link works for {expires}, once. If it was not you, open nothing, and log out everywhere: somebody else is logged in to your account.`,
  },
  email_changed: {
    subject: 'Your email was changed',
    lead: 'Your account uses another address from now on. If it was not you, freeze the account: nobody can then log in until it is clear whose it is.',
    action: 'Freeze the account',
    closing: 'The link works for {expires}. If it was you, you need not do anything.',
  },
  password_changed: {
    subject: 'Your password was changed',
    lead: 'The password of your account was changed. If it was not you, freeze the account: nobody can then log in until it is clear whose it is.',
    action: 'Freeze the account',
    closing: 'The link works for {expires}. If it was you, you need not do anything.',
  },
  provider_linked: {
    subject: 'Your account is linked to {provider}',
    lead: 'From now on your account can be signed in to with an account at {provider}. If it was not you who linked it, freeze the account: the link goes, and nobody can log in until it is clear whose the account is.',
    action: 'Freeze the account',
    closing: 'The link works for {expires}. If it was you, you need not do anything.',
  },
  provider_unlinked: {
    subject: 'Your account is no longer linked to {provider}',
    lead: 'Your account cannot be signed in to with {provider} any more. If it was not you, freeze the account: nobody can then log in until it is clear whose it is.',
    action: 'Freeze the account',
    closing: 'The link works for {expires}. If it was you, you need not do anything.',
  },
  account_frozen: {
    subject: 'Your account is frozen',
    lead: 'Somebody who was told of a change to your account said that it was not theirs. Nobody can log in until it is clear whose the account is.',
    action: 'Read what to do',
    closing: 'Both addresses of the account have been told.',
  },
  username_taken: {
    subject: 'Choose another name',
    lead: 'Somebody tried to register with this address. There is no account yet: the name that was chosen is taken. If it was you, choose another one.',
    action: 'Choose another name',
    closing: `The link works for {expires}. ${ignore}`,
  },
  invitation: {
    subject: 'You are invited',
    lead: 'Somebody invites you to open an account with this address.',
    action: 'Open an account',
    closing:
      'The link works for {expires}, once. If you do not want an account, you need not do anything.',
  },
  registration_failed: {
    subject: 'Your registration is not complete',
    lead: 'Your account is there, and you can log in. What we do next for a new account has failed. If something is missing, please write to us.',
    action: 'Log in',
    closing: 'If you did not register, you need not do anything.',
  },
}
