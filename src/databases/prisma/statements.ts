/**
 * The statements of a store through Prisma.
 */
import type { Eventually } from '../../eventually.ts'
import type { TableDescription } from '../table/description.ts'
import { ConflictingStatement, DatabaseError, EmptyValue } from '../table/errors.ts'
import { onlyRow, readBack } from '../table/identify.ts'
import { insertWith, type Write } from '../table/insert.ts'
import { isLarge } from '../table/large-keys.ts'
import type {
  Row,
  SingleStatements,
  TableScope,
  TransactionalStatements,
  Values,
} from '../table/statements.ts'
import type { Delegate, RuntimeClient } from './client.ts'
import { isImpossibleValue, nullRefused, prismaError } from './errors.ts'

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
  /** A property that may always be written; by writing what it has its row is locked. */
  readonly lockedBy: string
  /** What is read with every row, out of another model. */
  readonly joined?: Joined | undefined
}

/** The row of another model that belongs to one of ours. */
export interface Joined {
  readonly model: string
  /** The property there that has the key of ours. */
  readonly key: string
  /** Which rows there count. */
  readonly only: Values
  /** The properties under which those of it are read. */
  readonly properties: ReadonlyMap<string, string>
}

export function prismaStatements(
  client: RuntimeClient,
  options: StatementOptions,
): TransactionalStatements {
  const { model, id, keys, tenant, ignoreCase, where, description, lockedBy, joined } = options
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
  const rowsWith = async (of: Delegates, property: string, value: unknown, scope: TableScope) =>
    complete(
      of,
      await (of[model] as Delegate).findMany({
        where: { AND: [ours(scope), { [property]: value }] },
      }),
    )
  const complete = (of: Delegates, found: Row[]): Eventually<Row[]> =>
    joined ? Promise.all(found.map((row) => withJoined(of, joined, row, row[id]))) : found
  const insertInto = async (
    into: Delegates,
    values: Values,
    scope: TableScope,
    write: Write,
  ): Promise<Row> => {
    const made = await write(async () =>
      (into[model] as Delegate).create({ data: values, select: { [id]: true } }),
    )
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

  /**
   * In a transaction, where PostgreSQL takes nothing more after an error: what no row could have is
   * found out by reading, before anything is written.
   */
  const within = (of: Delegate): SingleStatements => {
    const the = (key: unknown, scope: TableScope, when: Values) => ({
      AND: [{ ...ours(scope), [id]: key }, when],
    })
    const found = async (condition: object, when: Values): Promise<Row | undefined> => {
      try {
        const select = { [id]: true, [lockedBy]: true }
        return (await of.findMany({ where: condition, select, take: 1 }))[0]
      } catch (error) {
        if (isImpossibleValue(error)) return undefined
        throw prismaError(error, description, Object.values(when))
      }
    }
    const written = async (
      write: () => PromiseLike<{ readonly count: number }>,
      values: Values,
    ): Promise<boolean> => {
      try {
        return (await write()).count > 0
      } catch (error) {
        throw prismaError(error, description, Object.values(values))
      }
    }
    return {
      // Prisma has no word for a lock, but who writes a row has one.
      async hold(key, scope, when) {
        const condition = the(key, scope, when)
        const row = await found(condition, when)
        if (!row) return false
        const same = { [lockedBy]: row[lockedBy] }
        const args = { where: { AND: [condition, same] }, data: same }
        if (await written(() => of.updateMany(args), { ...when, ...same })) return true
        throw new ConflictingStatement(
          `crudauth: a row of ${description.name} changed while it was looked at`,
          undefined,
          { nothingWritten: true },
        )
      },

      async insert(values) {
        try {
          return await of.create({ data: values, select: { [id]: true } })
        } catch (error) {
          throw prismaError(error, description, Object.values(values))
        }
      },

      async update(key, values, scope, when) {
        const condition = the(key, scope, when)
        if (!(await found(condition, when))) return false
        const write = async () => {
          try {
            return await of.updateMany({ where: condition, data: values })
          } catch (error) {
            const refused = await nullRefused(error, of, values)
            if (refused === null) throw error
            const message = `crudauth: '${refused}' of ${description.name} takes no null`
            throw new EmptyValue(message, refused)
          }
        }
        return written(write, { ...values, ...when })
      },

      async delete(key, scope, when) {
        const condition = the(key, scope, when)
        if (!(await found(condition, when))) return false
        return written(() => of.deleteMany({ where: condition }), when)
      },
    }
  }

  return {
    transactions: 'async',

    async select(property, value, scope, also) {
      const condition = { ...ours(scope), ...equal(property, value) }
      try {
        const found = await rows.findMany({
          where: also ? { AND: [condition, equal(...also)] } : condition,
        })
        return await complete(delegates, found)
      } catch (error) {
        if (isImpossibleValue(error)) return []
        throw prismaError(error, description, [value])
      }
    },

    insert: (values, scope, during) =>
      insertWith<Delegates>({
        direct: delegates,
        transaction: (work) => client.$transaction(work),
        insertInto: (target, write) => insertInto(target, values, scope, write),
        readAgain: async (target, row) =>
          onlyRow(description, await rowsWith(target, id, row[id], scope)),
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

    within: (transaction) => within((transaction as Delegates)[model] as Delegate),

    async inTransaction(work) {
      let own: { readonly error: unknown } | undefined
      try {
        return await client.$transaction(async (transaction) => {
          try {
            return await work(transaction)
          } catch (error) {
            own = { error }
            throw error
          }
        })
      } catch (error) {
        throw own ? own.error : prismaError(error, description)
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

/**
 * A row, and what belongs to it in another model. That is read afterwards, so that nobody ever
 * comes with an old password and the epoch that a new one has made. A relation would tell neither
 * which fields it is over, nor be read at once.
 */
async function withJoined(
  of: Delegates,
  { model, key, only, properties }: Joined,
  row: Row,
  id: unknown,
): Promise<Row> {
  const select = Object.fromEntries([...properties.values()].map((property) => [property, true]))
  const [theirs] = await (of[model] as Delegate)
    .findMany({ where: { AND: [only, { [key]: id }] }, select, take: 1 })
    .then(undefined, (error: unknown): Row[] => {
      // A key that no row there could have.
      if (isImpossibleValue(error)) return []
      throw error
    })
  const read = [...properties].map(([name, property]) => [name, theirs?.[property] ?? null])
  return { ...row, ...Object.fromEntries(read) }
}

/** Every one that fails is one in which somebody else counted. */
const maxAttempts = 20

/**
 * Prisma compares without regard to case by `ILIKE`, and escapes nothing: `%` would be everybody.
 */
function literal(value: string): string {
  return value.replaceAll(/[\\%_]/g, '\\$&')
}
