/**
 * Packages of native code. They are loaded at first use, so that importing the library loads none,
 * and what is missing on this machine is said in full where it is missed.
 */

/** For a native package that is not there, or has no binary for this platform. */
export function cannotLoad(name: string, cause: unknown): Error {
  const reason = (cause as { readonly message?: unknown } | undefined)?.message ?? cause
  const [line = ''] = String(reason).split('\n')
  return new Error(
    `crudauth: ${name} cannot be loaded on ${process.platform}-${process.arch} (${line}). Passwords are hashed by its native code: run npm install ${name} on the machine that runs the application, without --omit=optional and not by copying node_modules from another platform; a bundler must leave it out (external: ['${name}'])`,
    { cause },
  )
}
