import { LatencyHistograms } from '../metering/latency-histograms.ts'

/** How often the event loop is looked at; a delay shorter than this may be missed. */
const SAMPLE_MS = 20

/** How late the event loop comes to what is due, as a histogram of one row. */
export class LoopDelay {
  readonly histogram: LatencyHistograms = new LatencyHistograms(1)
  readonly #timer: NodeJS.Timeout
  #last = performance.now()

  constructor() {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const now = performance.now()
    this.histogram.record(0, now - this.#last - SAMPLE_MS)
    this.#last = now
  }
}
