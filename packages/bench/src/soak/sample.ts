import { readdirSync } from 'node:fs'
import { memoryMegabytesOf } from '../process-usage.ts'

/** What a broker holds at one moment. MB are 10^6 bytes. */
export interface Sample {
  /** Seconds since the soak began. */
  readonly at: number
  readonly phase: 'quiet' | 'attack'
  /** Of the cycle of a quiet phase and an attack. */
  readonly cycle: number
  readonly residentMegabytes: number
  readonly heapMegabytes: number
  readonly externalMegabytes: number
  readonly files: number
  readonly connections: number
  /** Lines of its log so far. */
  readonly logLines: number
}

export async function takeSample(
  pid: number,
  adminAddress: string,
  about: Pick<Sample, 'at' | 'phase' | 'cycle' | 'logLines'>,
): Promise<Sample> {
  const metrics = await (await fetch(`http://${adminAddress}/metrics`)).text()
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN)
  return {
    ...about,
    residentMegabytes: memoryMegabytesOf(pid, 'VmRSS'),
    heapMegabytes: metric('odradek_process_heap_bytes') / 1e6,
    externalMegabytes: metric('odradek_process_external_bytes') / 1e6,
    files: readdirSync(`/proc/${pid}/fd`).length,
    connections: metric('odradek_connections'),
  }
}
