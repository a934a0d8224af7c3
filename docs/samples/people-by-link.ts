/** What the samples of recovery import. */
import { type DeliveryChannel, developmentInbox } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { db, members } from './members.ts'

export const users = drizzleUsers(db, members)

export const channels = [developmentInbox()]

export const sms: DeliveryChannel = { name: 'sms', deliver: () => undefined }
