import type { Kysely } from 'kysely'

interface Database {
  accounts: { account_id: string; mail: string; pw_hash: string; generation: number }
}

export declare const kysely: Kysely<Database>
