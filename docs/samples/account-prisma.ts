/** As much of a generated Prisma client as the samples need. */
interface Person {
  id: string
  email: string
  tokenVersion: number
}

interface Account {
  id: string
  accountId: string
  providerId: string
  userId: string
  password: string | null
}

interface Together {
  userId_providerId: { userId: string; providerId: string }
}
type FoundBy = Partial<Account & Together>

declare const types: unique symbol
// An interface would have no index for other symbols.
type Model<Row, Unique> = {
  readonly [types]: {
    readonly types: {
      readonly payload: { readonly scalars: Row }
      readonly operations: {
        readonly findUnique: { readonly args: { readonly where: Unique } }
        readonly create: { readonly args: { readonly data: Partial<Row> } }
        readonly findMany: { readonly args: { readonly where?: Partial<Row> } }
      }
    }
  }
}

export declare const prisma: {
  readonly person: Model<
    Person,
    ({ id: string } & Partial<Person>) | ({ email: string } & Partial<Person>)
  >
  readonly account: Model<Account, ({ id: string } & FoundBy) | (Together & FoundBy)>
}
