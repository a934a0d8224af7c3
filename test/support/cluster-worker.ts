/** Prints what the first process sees of itself, and what its worker sees. */
import cluster from 'node:cluster'
import { signOfSeveralProcesses } from '../../src/storage/several-processes.ts'

const seen = signOfSeveralProcesses({})
if (cluster.isPrimary) {
  cluster.fork().on('message', (ofWorker) => {
    process.stdout.write(JSON.stringify([seen, ofWorker]), () => process.exit())
  })
} else {
  process.send?.(seen)
}
