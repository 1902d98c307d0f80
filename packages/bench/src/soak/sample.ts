import { readdirSync, statSync } from 'node:fs'
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
  /** How often its event loop was more than 16 ms late so far, of the times it was looked at (every 20 ms). */
  readonly loopLate: number
  /** Lines of its log so far. */
  readonly logLines: number
}

export async function takeSample(
  pid: number,
  adminAddress: string,
  about: Pick<Sample, 'at' | 'phase' | 'cycle' | 'logLines'>,
): Promise<Sample> {
  const metrics = await (await fetch(`http://${adminAddress}/metrics`)).text()
  const metric = (name: string) => Number(lineOf(metrics, name))
  return {
    ...about,
    residentMegabytes: memoryMegabytesOf(pid, 'VmRSS'),
    heapMegabytes: metric('odradek_process_heap_bytes') / 1e6,
    externalMegabytes: metric('odradek_process_external_bytes') / 1e6,
    files: openFilesOf(pid),
    connections: metric('odradek_connections'),
    loopLate:
      metric('odradek_event_loop_delay_seconds_count') -
      metric('odradek_event_loop_delay_seconds_bucket{le="0.016384"}'),
  }
}

/** Linux 6.2 and later tell the number; to list 5,000 takes a processor from those whose time is measured for milliseconds. */
function openFilesOf(pid: number): number {
  const files = `/proc/${pid}/fd`
  return statSync(files).size || readdirSync(files).length
}

/** The value of a sample in Prometheus' text. */
function lineOf(metrics: string, name: string): string | undefined {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `))
  return line?.slice(name.length + 1)
}
