/** Counts all letters of a topic in a process of its own: `node scan-memory.ts HOST:PORT TOPIC`. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Cluster, facetLetters, MessageSource } from '@odradek/client'

export interface ScanMemory {
  readonly letters: number
  readonly ms: number
  /** The most that was resident, in each tenth of the letters. */
  readonly megabytes: readonly number[]
}

export async function scanMemory(bootstrap: string, topic: string): Promise<ScanMemory> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, bootstrap, topic])
  return JSON.parse(stdout) as ScanMemory
}

const LOOK_MS = 20

if (import.meta.main) {
  const [bootstrap, topic] = process.argv.slice(2)
  await using cluster = new Cluster({ bootstrap: [bootstrap!] })
  await using source = new MessageSource(cluster.options, cluster)
  const megabytes = new Array<number>(10).fill(0)
  let tenth = 0
  const timer = setInterval(() => {
    megabytes[tenth] = Math.max(megabytes[tenth]!, process.memoryUsage.rss() / 1e6)
  }, LOOK_MS)
  const request = {
    topic: topic!,
    from: { kind: 'earliest' },
    to: { kind: 'now' },
    filter: {},
    decoders: { key: 'auto', value: 'auto' },
    readCommitted: true,
  } as const
  const began = performance.now()
  const { letters } = await facetLetters(
    source,
    request,
    ({ scanned, total }) => {
      tenth = Math.min(9, Math.floor((scanned * 10) / total))
    },
    new AbortController().signal,
  )
  clearInterval(timer)
  const result: ScanMemory = { letters, ms: performance.now() - began, megabytes }
  process.stdout.write(JSON.stringify(result))
}
