/** What recovery brings along, once for all its flows. */
import type { OneTimeRecords } from '../../credentials/one-time.ts'
import type { Deliveries } from '../../delivery/deliveries.ts'

export interface RecoveryParts {
  readonly records: OneTimeRecords
  readonly deliveries: Deliveries
}
