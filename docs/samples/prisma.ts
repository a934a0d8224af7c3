/** As much of a generated Prisma client as the samples need. */
interface User {
  id: string
  email: string
  pwHash: string | null
  deletedAt: Date | null
}

declare const types: unique symbol
export declare const prisma: {
  readonly user: {
    readonly [types]: {
      readonly types: {
        readonly payload: { readonly scalars: User }
        readonly operations: {
          readonly findUnique: {
            readonly args: {
              readonly where: ({ id: string } & Partial<User>) | ({ email: string } & Partial<User>)
            }
          }
          readonly create: { readonly args: { readonly data: Partial<User> } }
          readonly findMany: { readonly args: { readonly where?: Partial<User> } }
        }
      }
    }
  }
}
