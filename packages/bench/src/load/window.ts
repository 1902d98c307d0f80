import { cpuSecondsOf, machineCpuSeconds, memoryMegabytesOf, resetPeakMemory } from '../process-usage.ts'
import { Latencies } from './latencies.ts'
import type { Load, LoadFigures } from './load.ts'

interface Sample {
  readonly at: number
  readonly serverSeconds: number
  readonly ownSeconds: number
  readonly machineSeconds: number
}

/** The measured part of a run: what is answered inside counts, and what the processes took is read at both ends. */
export class Window {
  readonly #load: Load
  readonly #latencies = new Latencies()
  #opened: Sample | null = null
  #closed: Sample | null = null
  #requests = 0
  #bytes = 0
  /** Whether answers count. */
  open = false

  constructor(load: Load) {
    this.#load = load
  }

  /** Resolves when the warm-up and the window are over. */
  async pass(): Promise<void> {
    await sleep(this.#load.warmupSeconds)
    for (const pid of this.#load.pids) resetPeakMemory(pid)
    this.#opened = this.#sample()
    this.open = true
    await sleep(this.#load.seconds)
    this.open = false
    this.#closed = this.#sample()
  }

  /** One request was answered after `ms`, with `bytes` of payload; counted while the window is open. */
  count(ms: number, bytes: number): void {
    if (!this.open) return
    this.#requests += 1
    this.#bytes += bytes
    this.#latencies.add(ms)
  }

  figures(): LoadFigures {
    const opened = this.#opened!
    const closed = this.#closed!
    const seconds = (closed.at - opened.at) / 1000
    const gigabytes = this.#bytes / 1e9
    const server = closed.serverSeconds - opened.serverSeconds
    const own = closed.ownSeconds - opened.ownSeconds
    const other = closed.machineSeconds - opened.machineSeconds - server - own
    const { pids } = this.#load
    return {
      seconds,
      requests: this.#requests,
      megabytesPerSecond: this.#bytes / 1e6 / seconds,
      requestsPerSecond: this.#requests / seconds,
      p50: this.#latencies.quantile(0.5),
      p99: this.#latencies.quantile(0.99),
      p999: this.#latencies.quantile(0.999),
      max: this.#latencies.max,
      serverCpuSecondsPerGigabyte: gigabytes > 0 ? server / gigabytes : 0,
      serverCpuPercent: (server / seconds) * 100,
      serverMicrosecondsPerRequest: this.#requests > 0 ? (server * 1e6) / this.#requests : 0,
      serverPeakMegabytes: sum(pids.map((pid) => memoryMegabytesOf(pid, 'VmHWM'))),
      serverResidentMegabytes: sum(pids.map((pid) => memoryMegabytesOf(pid, 'VmRSS'))),
      ownCpuPercent: (own / seconds) * 100,
      ownCpuSecondsPerGigabyte: gigabytes > 0 ? own / gigabytes : 0,
      ownLatenessP99: 0,
      otherCpuPercent: Math.max(0, (other / seconds) * 100),
    }
  }

  #sample(): Sample {
    const { user, system } = process.cpuUsage()
    return {
      at: performance.now(),
      serverSeconds: sum(this.#load.pids.map(cpuSecondsOf)),
      ownSeconds: (user + system) / 1e6,
      machineSeconds: machineCpuSeconds(),
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
