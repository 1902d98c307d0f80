import type { Lane } from './intake-note.ts'

/** Hears of what changes in an intake machine, as it changes. */
export interface IntakeChanges {
  /** A record waits, or waits for another time. */
  waits(offset: number, due: number, lane: Lane): void
  /** A record waits no more. */
  gone(offset: number): void
  /** The record that was accepted at `offset` is at `location` now. */
  moved(offset: number, location: number): void
}
