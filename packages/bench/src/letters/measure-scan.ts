import { Cluster, createTopic } from '@odradek/client'
import { LoadError } from '../load/load.ts'
import { ServerProcess } from '../server-process.ts'
import { fillLetters } from './letter-batches.ts'
import { type ScanMemory, scanMemory } from './scan-memory.ts'

const PARTITIONS = 4

/** Counting very many dead letters: how long it takes, and what memory the process that counts needs on the way. */
export async function measureLetterScan(letters: number): Promise<ScanMemory> {
  await using broker = await ServerProcess.broker()
  const bootstrap = `${broker.host}:${broker.port}`
  const topic = 'odradek-bench.DLT'
  {
    await using cluster = new Cluster({ bootstrap: [bootstrap] })
    await createTopic(cluster, { name: topic, partitions: PARTITIONS })
    await fillLetters(cluster, topic, letters)
  }
  const found = await scanMemory(bootstrap, topic)
  if (found.letters !== letters) throw new LoadError(`Of ${letters} letters ${found.letters} were counted.`)
  return found
}
