/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987): adding and cancelling cost a few loads and stores however many
 * timers wait, which matters because most are cancelled (a fetch that found data, a request that was answered).
 *
 *   level 0   32 slots of    1 ms     a slot's timers are all due at the same tick
 *   level 1   32 slots of   32 ms     a slot's timers move down when its time begins
 *   level 2   32 slots of 1024 ms     …
 *
 * A timer lies on the lowest level above which its due tick and the current tick have the same digits (to base 32). So
 * no slot wraps, everything on a level is due before everything on the next, and the next slot to open is the lowest
 * bit set in the lowest level that is not empty.
 */
import type { Timer } from '../clock.ts'

const SLOTS = 32
const LEVELS = 9
/** Digits above the highest level stay equal for this long: some eleven hundred years. */
export const WHEEL_TICKS_MAX = SLOTS ** LEVELS - 1

class WheelTimer implements Timer {
  readonly due: number
  readonly run: () => void
  readonly #wheel: TimingWheel
  /** Index into the wheel's slots, -1 when it waits no longer. */
  slot = -1
  previous: WheelTimer | null = null
  next: WheelTimer | null = null

  constructor(wheel: TimingWheel, due: number, run: () => void) {
    this.#wheel = wheel
    this.due = due
    this.run = run
  }

  cancel(): void {
    if (this.slot >= 0) this.#wheel.unlink(this)
  }
}

export type { WheelTimer }

/** Ticks are whole numbers from 0 to `WHEEL_TICKS_MAX`; the wheel knows no clock. */
export class TimingWheel {
  readonly #slots: (WheelTimer | null)[] = new Array(SLOTS * LEVELS).fill(null)
  /** One bit per slot that is not empty, one number per level. */
  readonly #occupied = new Int32Array(LEVELS)
  #tick = 0

  /** Adds a timer that is due at `due`; one that is due already runs at the next `advance`. */
  add(due: number, run: () => void): Timer {
    const timer = new WheelTimer(this, Math.min(Math.max(due, this.#tick), WHEEL_TICKS_MAX), run)
    this.#link(timer)
    return timer
  }

  /** Moves the current tick on to `tick`, or as near as it gets without running anything. */
  skip(tick: number): void {
    const next = this.nextTick()
    const reachable = next < 0 ? tick : Math.min(tick, next - 1)
    if (reachable > this.#tick) this.#tick = reachable
  }

  /** The earliest tick at which `advance` has something to do (run timers or move them down), or -1. */
  nextTick(): number {
    let ticksPerSlot = 1
    for (let level = 0; level < LEVELS; level++, ticksPerSlot *= SLOTS) {
      const occupied = this.#occupied[level]!
      if (occupied !== 0) {
        const rotation = ticksPerSlot * SLOTS
        return Math.floor(this.#tick / rotation) * rotation + lowestBit(occupied) * ticksPerSlot
      }
    }
    return -1
  }

  /** Runs what is due at or before `tick`, in order of due ticks; what runs may add and cancel. */
  advance(tick: number): void {
    for (let next = this.nextTick(); next >= 0 && next <= tick; next = this.nextTick()) {
      this.#tick = next
      const level = this.#lowestLevel()
      const slot = level * SLOTS + lowestBit(this.#occupied[level]!)
      for (let timer = this.#slots[slot]; timer; timer = this.#slots[slot]) {
        this.unlink(timer)
        if (level === 0) timer.run()
        else this.#link(timer)
      }
    }
    if (tick > this.#tick) this.#tick = tick
  }

  #lowestLevel(): number {
    let level = 0
    while (this.#occupied[level] === 0) level++
    return level
  }

  #link(timer: WheelTimer): void {
    let level = 0
    let digit = timer.due
    let high = Math.floor(timer.due / SLOTS)
    let tickHigh = Math.floor(this.#tick / SLOTS)
    while (high !== tickHigh) {
      level++
      digit = high
      high = Math.floor(high / SLOTS)
      tickHigh = Math.floor(tickHigh / SLOTS)
    }
    const position = digit % SLOTS
    const slot = level * SLOTS + position
    const head = this.#slots[slot]!
    timer.slot = slot
    if (head === null) {
      // A head's `previous` is the tail, so that timers of one slot run in the order they were added.
      timer.previous = timer
      timer.next = null
      this.#slots[slot] = timer
      this.#occupied[level]! |= 1 << position
    } else {
      const tail = head.previous!
      timer.previous = tail
      timer.next = null
      tail.next = timer
      head.previous = timer
    }
  }

  /** Takes a waiting timer out. */
  unlink(timer: WheelTimer): void {
    const slot = timer.slot
    const head = this.#slots[slot]!
    timer.slot = -1
    if (timer === head) {
      const next = timer.next
      this.#slots[slot] = next
      if (next === null) this.#occupied[Math.floor(slot / SLOTS)]! &= ~(1 << (slot % SLOTS))
      else next.previous = timer.previous
    } else {
      timer.previous!.next = timer.next
      if (timer.next === null) head.previous = timer.previous
      else timer.next.previous = timer.previous
    }
    timer.previous = null
    timer.next = null
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
