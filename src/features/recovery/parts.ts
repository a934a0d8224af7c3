/** What recovery brings along, once for all its flows. */
import type { MessageCodes } from '../../credentials/message-codes.ts'
import type { OneTimeRecords } from '../../credentials/one-time.ts'
import type { Receipts } from '../../credentials/receipts.ts'
import type { Sending } from './sending.ts'

export interface RecoveryParts {
  readonly records: OneTimeRecords
  readonly receipts: Receipts
  readonly codes: MessageCodes
  readonly sending: Sending
}
