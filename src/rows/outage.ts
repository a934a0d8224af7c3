/** What a request gets when the database does not answer for a table of rows. */
import { type EveryField, type OutageParts, StoreDeadline } from '../users/outage.ts'
import type { RowStore } from './row-store.ts'

/** The same table, whose operations answer in time or with 503. */
export function answeringRows<Field extends string>(
  store: RowStore<Field>,
  parts: OutageParts,
): RowStore<Field> {
  const deadline = new StoreDeadline(parts)
  const answering: EveryField<RowStore<Field>> = {
    name: store.name,
    columns: store.columns,
    map: store.map,
    tenants: store.tenants,
    problems: store.problems,
    find: (...call) => deadline.answer('find', () => store.find(...call)),
    list: (...call) => deadline.answer('list', () => store.list(...call)),
    insert: (...call) => deadline.answer('insert', () => store.insert(...call)),
    update: (...call) => deadline.answer('update', () => store.update(...call)),
    delete: (...call) => deadline.answer('delete', () => store.delete(...call)),
  }
  return answering
}
