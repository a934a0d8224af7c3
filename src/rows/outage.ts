/** What a request gets when the database does not answer for a table of rows. */
import { type EveryField, type OutageParts, StoreDeadline } from '../users/outage.ts'
import type { RowStore } from './row-store.ts'

/** The same table, whose operations answer in time or with 503. */
export function answeringRows<Field extends string>(
  store: RowStore<Field>,
  parts: OutageParts,
): RowStore<Field> {
  const deadline = new StoreDeadline(parts, store.pool)
  const answering: EveryField<RowStore<Field>> = {
    name: store.name,
    columns: store.columns,
    map: store.map,
    tenants: store.tenants,
    problems: store.problems,
    pool: store.pool,
    find: (property, value, scope) =>
      deadline.read('find', () => store.find(property, value, scope)),
    withUsers(users, reference) {
      const find = store.withUsers?.(users, reference) ?? null
      return (
        find &&
        ((property, value, scope) => deadline.read('find', () => find(property, value, scope)))
      )
    },
    list: async (...call) => deadline.read('list', () => store.list(...call)),
    insert: (...call) => deadline.write('insert', () => store.insert(...call)),
    update: (...call) => deadline.write('update', () => store.update(...call)),
    delete: (...call) => deadline.write('delete', () => store.delete(...call)),
  }
  return answering
}
