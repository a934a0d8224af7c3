/**
 * `crudauth/nodemailer`: sends mail over SMTP, or over whatever transport Nodemailer has.
 */

import { Undeliverable } from './channel.ts'
import type { EmailSender } from './email.ts'

/** As much of Nodemailer's transporter as is used. */
export interface MailTransporter {
  sendMail(mail: NodemailerMail): Promise<unknown>
  close?(): void
}

/** What the transporter is given. */
export interface NodemailerMail {
  from: string
  /** As an object, which Nodemailer does not parse for further addresses. */
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
  headers: Record<string, string>
}

/** The options of `nodemailerSender()`. */
export interface NodemailerOptions {
  /** Who sends: `Shop <no-reply@shop.example>`. */
  from: string
  /**
   * An SMTP server, such as `smtps://user:password@mail.example.com`, or a transporter that
   * `nodemailer.createTransport()` made.
   *
   * Of a server, TLS is required unless it is on this machine, and no step may take longer than
   * twenty seconds. Set up a transporter of your own where either does not fit.
   */
  transport: string | MailTransporter
}

/**
 * A ready sender for `email()`. Nodemailer is loaded with the first mail, where `transport` is the
 * address of a server.
 *
 * @example
 * ```ts
 * const sender = nodemailerSender({ from: 'Shop <no-reply@shop.example>', transport: smtpUrl })
 * const channels = [email(sender)]
 * ```
 */
export function nodemailerSender(options: NodemailerOptions): EmailSender {
  const { from, transport } = Object(options) as NodemailerOptions
  if (typeof from !== 'string' || !from.includes('@')) {
    throw new TypeError(
      "crudauth: nodemailerSender() needs from; write nodemailerSender({ from: 'Shop <no-reply@shop.example>', transport: 'smtps://user:password@mail.example.com' })",
    )
  }
  const isTransporter =
    typeof (Object(transport) as Partial<MailTransporter>).sendMail === 'function'
  if (!isTransporter && !(typeof transport === 'string' && isSmtpUrl(transport))) {
    throw new TypeError(
      "crudauth: nodemailerSender() needs transport (is its environment variable set?): the URL of an SMTP server, such as 'smtps://user:password@mail.example.com', or what nodemailer.createTransport() returned",
    )
  }
  let opened: Promise<MailTransporter> | undefined
  const open = () => {
    opened ??= typeof transport === 'string' ? openUrl(transport) : Promise.resolve(transport)
    return opened
  }
  return {
    async send({ to, subject, text, html }) {
      const transporter = await open()
      try {
        await transporter.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          // No vacation notice answers (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        if (isRefused(error)) throw new Undeliverable('the server refused it', { cause: error })
        throw error
      }
    },
  }
}

function isSmtpUrl(text: string): boolean {
  return /^smtps?:\/\//.test(text) && URL.canParse(text)
}

async function openUrl(url: string): Promise<MailTransporter> {
  const { createTransport } = (await import('nodemailer' as string)) as {
    createTransport(options: object): MailTransporter
  }
  const stepMs = 20_000
  const { hostname } = new URL(url)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return createTransport({
    url,
    // The link in the mail opens the account.
    requireTLS: !isHere,
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
  })
}

/** A 5xx of SMTP to the mail itself is final; to a login or a greeting it is the set-up's fault. */
function isRefused(error: unknown): boolean {
  const { responseCode, command } = Object(error) as { responseCode?: number; command?: string }
  return (
    responseCode !== undefined &&
    responseCode >= 500 &&
    ['MAIL FROM', 'RCPT TO', 'DATA'].includes(String(command))
  )
}
