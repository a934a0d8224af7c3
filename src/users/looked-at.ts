/**
 * The user stores that a module of the application opens while somebody looks at it: `crudauth
 * doctor --config` loads the module, which need export nothing for that.
 *
 * Kept where another copy of this package finds it, such as that of the command line.
 */
import type { UserStore } from './store.ts'

const place = Symbol.for('crudauth.looked-at')

type Global = { [place]?: UserStore[] }

/** Notes the store, where somebody looks. */
export function tellWhoLooks(store: UserStore): void {
  ;(globalThis as Global)[place]?.push(store)
}

/** What a module opens while it is loaded. */
export async function openedBy<Loaded>(
  load: () => Promise<Loaded>,
): Promise<{ readonly loaded: Loaded; readonly stores: readonly UserStore[] }> {
  const stores: UserStore[] = []
  ;(globalThis as Global)[place] = stores
  try {
    return { loaded: await load(), stores }
  } finally {
    delete (globalThis as Global)[place]
  }
}
