/**
 * Whether other processes probably serve the same application, which would not share its memory.
 */

type Environment = Readonly<Record<string, string | undefined>>

const moreThanOne = (value: string) => Number(value) > 1
const set = (value: string) => value !== ''

/** What platforms and process managers tell about a process, in its environment. */
const signs: readonly (readonly [string, (value: string) => boolean, string])[] = [
  ['WEB_CONCURRENCY', moreThanOne, 'WEB_CONCURRENCY is above 1'],
  // Of PM2's instances the first cannot know whether there are more.
  ['NODE_APP_INSTANCE', (value) => Number(value) > 0, 'it is a further instance of PM2'],
  ['DYNO', (value) => Number(value.split('.').at(-1)) > 1, 'it is a further dyno'],
  ['KUBERNETES_SERVICE_HOST', set, 'it runs in a Kubernetes pod'],
  ['K_SERVICE', set, 'it is an instance of a Knative service or of Cloud Run'],
  ['FLY_MACHINE_ID', set, 'it is a Fly machine'],
  ['AWS_LAMBDA_FUNCTION_NAME', set, 'it is an instance of a Lambda function'],
  ['FUNCTIONS_WORKER_RUNTIME', set, 'it is an instance of an Azure function'],
  ['VERCEL', set, 'it is an instance of a function on Vercel'],
  ['NETLIFY', set, 'it is an instance of a function on Netlify'],
]

/**
 * The first sign of it, as the end of a sentence, or `null`. No sign is no proof: several processes
 * behind one proxy look like one each.
 */
export function signOfSeveralProcesses(environment: Environment = process.env): string | null {
  if (isClusterWorker()) return 'it is a worker of node:cluster'
  const found = signs.find(([name, isOne]) => isOne(environment[name] ?? ''))
  return found?.[2] ?? null
}

/** Asked of the process, and not imported: not every runtime has it. */
function isClusterWorker(): boolean {
  const cluster = process.getBuiltinModule?.('node:cluster') as
    | { readonly isWorker?: boolean }
    | undefined
  return cluster?.isWorker === true
}
