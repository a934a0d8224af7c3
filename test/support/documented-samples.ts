/**
 * The samples of a page of the documentation, run as they are printed: beside the files in
 * `docs/samples/`, in a folder of their own.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../..')

export interface Samples {
  /** The exports of the one sample that has this text in it. */
  load<Exports>(text: string): Promise<Exports>
  readonly folder: string
  close(): void
}

/** @param files What stands for files of `docs/samples/`, by name. */
export function samplesOf(page: string, files: Readonly<Record<string, string>> = {}): Samples {
  // Inside of the repository, where `crudauth` is found.
  const folder = mkdtempSync(join(root, 'test/.samples-'))
  cpSync(join(root, 'docs/samples'), folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const blocks = [
    ...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms),
  ].map(([, code = '']) => code)
  return {
    folder,
    async load(text) {
      const found = blocks.filter((code) => code.includes(text))
      const [code] = found
      if (code === undefined || found.length > 1) {
        throw new Error(`${page} has ${found.length} samples with ${text}`)
      }
      const file = join(folder, `sample-${blocks.indexOf(code)}.ts`)
      writeFileSync(file, code)
      return import(/* @vite-ignore */ pathToFileURL(file).href)
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
