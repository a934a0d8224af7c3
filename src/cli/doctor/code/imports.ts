/** What a module imports, in the order in which it stands there. */

export class Imports {
  readonly #names = new Map<string, Set<string>>()

  add(from: string, name: string): void {
    this.#names.set(from, (this.#names.get(from) ?? new Set()).add(name))
  }

  lines(): string[] {
    return [...this.#names]
      .sort(([one], [other]) => order(one) - order(other) || one.localeCompare(other))
      .map(([from, names]) => `import { ${[...names].sort().join(', ')} } from '${from}'`)
  }
}

function order(specifier: string): number {
  return specifier.startsWith('node:') ? 0 : 1
}
