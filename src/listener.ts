/**
 * How an application hears of events: what happens when it does not listen, and when its listener
 * fails. Listeners are not awaited.
 */
import type { EventListener } from './events.ts'

/** What happens to events when the application does not listen: trouble goes to `console.warn`. */
export const warnOnTrouble: EventListener = (event) => {
  switch (event.name) {
    case 'warning':
      console.warn(`crudauth: ${event.message}`)
      break
    case 'hook.failed':
    case 'request.failed':
    case 'message.failed':
    case 'message.withheld':
    case 'background.failed':
    case 'storage.failed':
    case 'storage.unreadable':
    case 'storage.rolled_back':
    case 'database.failed':
    case 'password.upgrade_failed':
    case 'password.adopted_failed':
    case 'password.breach_check_failed':
      console.warn(`crudauth: ${event.name}`, event)
      break
  }
}

/**
 * Wraps a listener so that its errors neither fail a request nor end the process: a broken log must
 * not refuse a login. The first error, thrown or rejected, goes to the console.
 */
export function guarded(listener: EventListener): EventListener {
  let told = false
  const tell = (error: unknown) => {
    if (told) return
    told = true
    console.warn('crudauth: onEvent failed; this is told once', error)
  }
  return (event) => {
    try {
      // A function that is async fits the type, too.
      const result: unknown = listener(event)
      if (result !== undefined) Promise.resolve(result).catch(tell)
    } catch (error) {
      tell(error)
    }
  }
}
