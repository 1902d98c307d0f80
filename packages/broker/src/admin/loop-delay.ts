import { LatencyHistograms } from '../metering/latency-histograms.ts'

/** How often the event loop is looked at; a delay shorter than this may be missed. */
const SAMPLE_MS = 20
/** The same while the loop has little to do: to wake it fifty times a second would be most of what it does. */
const IDLE_SAMPLE_MS = 500
/** Below this share of the time the loop has little to do. */
const IDLE_SHARE = 0.02

/** How late the event loop comes to what is due, as a histogram of one row. */
export class LoopDelay {
  readonly histogram: LatencyHistograms = new LatencyHistograms(1)
  readonly #sampler = () => this.#sample()
  #timer: NodeJS.Timeout
  #intervalMs = SAMPLE_MS
  #last = performance.now()
  #utilization = performance.eventLoopUtilization()

  constructor() {
    this.#timer = setTimeout(this.#sampler, this.#intervalMs).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #sample(): void {
    const now = performance.now()
    this.histogram.record(0, now - this.#last - this.#intervalMs)
    const utilization = performance.eventLoopUtilization()
    const isIdle = performance.eventLoopUtilization(utilization, this.#utilization).utilization < IDLE_SHARE
    this.#utilization = utilization
    this.#intervalMs = isIdle ? IDLE_SAMPLE_MS : SAMPLE_MS
    this.#last = now
    this.#timer = setTimeout(this.#sampler, this.#intervalMs).unref()
  }
}
