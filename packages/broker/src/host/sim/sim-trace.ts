import type { SimLife } from './sim-life.ts'

/** One line, not yet text: most are never read. */
interface TraceLine {
  readonly time: number
  readonly who: string
  /** Empty where the line says all. */
  readonly kind: string
  readonly detail: string
}

const NOBODY = '-'
const time = new Float64Array(1)
const timeBits = new Uint32Array(time.buffer)

/** What happened, a line each. The last lines are kept to be printed, all of them count in the fingerprint. */
export class SimTrace {
  readonly #linesMax: number
  readonly #lines: TraceLine[] = []
  #fingerprint = 0x811c9dc5

  constructor(linesMax: number) {
    this.#linesMax = linesMax
  }

  add(timeMs: number, life: SimLife | null, kind: string, detail: string): void {
    const who = life === null ? NOBODY : life.name
    // FNV-1a, over the bits of the time and UTF-16 units.
    time[0] = timeMs
    let hash = Math.imul(this.#fingerprint ^ timeBits[0]!, 0x01000193)
    hash = Math.imul(hash ^ timeBits[1]!, 0x01000193)
    hash = hashOf(kind, hashOf(who, hash))
    this.#fingerprint = Math.imul(hashOf(detail, hash) ^ 0x0a, 0x01000193)
    this.#lines.push({ time: timeMs, who, kind, detail })
    // Cut by halves, so that a long run does not move the array at every line.
    if (this.#lines.length >= 2 * this.#linesMax) this.#lines.splice(0, this.#lines.length - this.#linesMax)
  }

  /** Equal for runs that did the same. */
  get fingerprint(): number {
    return this.#fingerprint >>> 0
  }

  lines(): readonly string[] {
    return this.#lines
      .slice(-this.#linesMax)
      .map(({ time, who, kind, detail }) => `${time.toFixed(3)} ${who} ${kind === '' ? '' : `${kind} `}${detail}`)
  }

  toString(): string {
    return this.lines().join('\n')
  }
}

function hashOf(text: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
