/**
 * The statements of a store through Prisma.
 */
import type { TableDescription } from '../table/description.ts'
import { DatabaseError } from '../table/errors.ts'
import { onlyRow, readBack } from '../table/identify.ts'
import { insertWith, type Write } from '../table/insert.ts'
import { isLarge } from '../table/large-keys.ts'
import type { Row, Statements, TableScope, Values } from '../table/statements.ts'
import type { Delegate, RuntimeClient } from './client.ts'
import { isImpossibleValue, prismaError } from './errors.ts'

/** A client, or a transaction: its models by their properties. */
type Delegates = Readonly<Record<string, Delegate>>

export interface StatementOptions {
  readonly model: string
  /** The property of the primary key. */
  readonly id: string
  /** The properties of the primary key and of another table's. */
  readonly keys: readonly string[]
  readonly tenant: string | undefined
  readonly ignoreCase: ReadonlySet<string>
  /** The condition that every row of ours meets, at this moment. */
  readonly where: (() => object) | undefined
  readonly description: TableDescription
}

export function prismaStatements(
  client: RuntimeClient,
  { model, id, keys, tenant, ignoreCase, where, description }: StatementOptions,
): Statements {
  const delegates = client as unknown as Delegates
  const rows = delegates[model] as Delegate
  // PostgreSQL alone compares without regard to case on request; MySQL's collations do by
  // themselves.
  const insensitive = description.dialect === 'postgresql'

  const ours = (scope: TableScope): object => ({
    ...(tenant === undefined ? {} : { [tenant]: scope.tenant }),
    ...(where === undefined ? {} : { AND: where() }),
  })
  const equal = (property: string, value: unknown): object => ({
    [property]:
      insensitive && ignoreCase.has(property) && typeof value === 'string'
        ? { equals: literal(value), mode: 'insensitive' }
        : value,
  })
  const rowsWith = (of: Delegate, property: string, value: unknown, scope: TableScope) =>
    of.findMany({ where: { AND: [ours(scope), { [property]: value }] } })
  const insertInto = async (
    into: Delegate,
    values: Values,
    scope: TableScope,
    write: Write,
  ): Promise<Row> => {
    const made = await write(async () => into.create({ data: values, select: { [id]: true } }))
    const insertedId = made[id]
    // A large key may be what the driver adapter made of it.
    const written = isLarge(insertedId) ? values : { ...values, ...made }
    return readBack(description, { id, keys, values: written, insertedId }, (property, value) =>
      rowsWith(into, property, value, scope),
    )
  }

  /**
   * Whether no row could have one of these values: a text that is no UUID, where the column is one.
   */
  const isNobodys = async (values: Values): Promise<boolean> => {
    for (const [property, value] of Object.entries(values)) {
      try {
        await rows.findMany({ where: { [property]: value }, select: { [id]: true }, take: 1 })
      } catch (error) {
        if (isImpossibleValue(error)) return true
      }
    }
    return false
  }

  /** `null` where the column cannot be empty, which the client says only when it is asked. */
  let canBeEmpty: boolean | null = null
  const startEmpty = async (key: unknown, property: string, scope: TableScope) => {
    if (canBeEmpty === false) return 0
    try {
      const { count } = await rows.updateMany({
        where: { ...ours(scope), [id]: key, [property]: null },
        data: { [property]: 1 },
      })
      canBeEmpty = true
      return count
    } catch (error) {
      if (!isImpossibleValue(error)) throw error
      canBeEmpty = false
      return 0
    }
  }

  return {
    transactions: 'async',

    async select(property, value, scope, also) {
      const condition = { ...ours(scope), ...equal(property, value) }
      try {
        return await rows.findMany({
          where: also ? { AND: [condition, equal(...also)] } : condition,
        })
      } catch (error) {
        if (isImpossibleValue(error)) return []
        throw prismaError(error, description, [value])
      }
    },

    insert: (values, scope, during) =>
      insertWith<Delegates>({
        direct: delegates,
        transaction: (work) => client.$transaction(work),
        insertInto: (target, write) => insertInto(target[model] as Delegate, values, scope, write),
        readAgain: async (target, row) =>
          onlyRow(description, await rowsWith(target[model] as Delegate, id, row[id], scope)),
        // One that does not meet the condition is taken back.
        during: during ?? (where && (() => undefined)),
        asError: (thrown) => prismaError(thrown, description, Object.values(values)),
      }),

    async update(key, values, scope, when) {
      try {
        const condition = { ...ours(scope), [id]: key }
        const { count } = await rows.updateMany({
          // Beside the key, not over it: both may name the same property.
          where: { AND: [condition, when] },
          data: values,
        })
        return count > 0
      } catch (error) {
        if (isImpossibleValue(error) && (await isNobodys({ ...when, [id]: key }))) return false
        throw prismaError(error, description, Object.values({ ...values, ...when }))
      }
    },

    async delete(key, scope, when) {
      try {
        const condition = { ...ours(scope), [id]: key }
        const { count } = await rows.deleteMany({ where: { AND: [condition, when] } })
        return count > 0
      } catch (error) {
        if (isImpossibleValue(error) && (await isNobodys({ ...when, [id]: key }))) return false
        throw prismaError(error, description, Object.values(when))
      }
    },

    /**
     * Three statements of which one applies: each decides and writes in one step. Between two of
     * them somebody else may have filled an empty counter, or wrapped it; then they apply again.
     */
    async increment(key, property, wrapAt, scope) {
      const where = { ...ours(scope), [id]: key }
      const next = async (condition: object, value: unknown) => {
        const data = { [property]: value }
        const { count } = await rows.updateMany({
          where: { ...where, [property]: condition },
          data,
        })
        return count > 0
      }
      const isThere = async () => {
        const found = await rows.findMany({ where, select: { [id]: true }, take: 1 })
        return found.length > 0
      }
      try {
        for (let attempt = 0; attempt < maxAttempts; attempt++) {
          if (
            (await next({ lt: wrapAt }, { increment: 1 })) ||
            (await next({ gte: wrapAt }, 0)) ||
            (await startEmpty(key, property, scope)) > 0
          ) {
            return true
          }
          if (!(await isThere())) return false
        }
      } catch (error) {
        if (isImpossibleValue(error) && (await isNobodys({ [id]: key }))) return false
        throw prismaError(error, description)
      }
      throw new DatabaseError(`crudauth: '${property}' of ${description.name} could not be counted`)
    },
  }
}

/** Every one that fails is one in which somebody else counted. */
const maxAttempts = 20

/**
 * Prisma compares without regard to case by `ILIKE`, and escapes nothing: `%` would be everybody.
 */
function literal(value: string): string {
  return value.replaceAll(/[\\%_]/g, '\\$&')
}
