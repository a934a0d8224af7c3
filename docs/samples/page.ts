/** What the samples of front ends and channels import. */
import type { Email } from 'crudauth'

export const cookie = (name: string): string | undefined =>
  new Map(document.cookie.split('; ').map((pair) => pair.split('=') as [string, string])).get(name)

export const headers = (): Record<string, string> => ({ 'content-type': 'application/json' })

/** Where the gateway for SMS is, and with what one is let in. */
export const gateway = { url: 'https://sms.example/messages', key: 'secret' }

const waiting: Email[] = []
let worker: (mail: Email) => unknown = () => undefined

/** Stands for a queue of the application's. */
export const queue = {
  add: async (_name: string, mail: Email): Promise<void> => void waiting.push(mail),
  process(_name: string, work: (mail: Email) => unknown): void {
    worker = work
  },
  drain: async (): Promise<void> => {
    for (const mail of waiting.splice(0)) await worker(mail)
  },
}
