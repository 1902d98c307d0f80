/** Ways in which delivery could go wrong: each takes a precaution away, and returns how to put it back. */
import { IntakeMachine } from '@odradek/broker/src/intake/intake-machine.ts'
import { PartitionIntake } from '@odradek/broker/src/intake/partition-intake.ts'
import { Partition } from '@odradek/broker/src/replication/partition.ts'
import { Log } from '@odradek/broker/src/storage/log.ts'

export const intakeMutants: Readonly<Record<string, () => () => void>> = {
  /** Records are delivered before it is safe which ones they are. */
  'intent-not-waited-for': () =>
    replace(
      Partition.prototype,
      'waitFor',
      (original) =>
        function (this: Partition, offset, wait) {
          if (!this.topic.startsWith('__intake.')) return original.call(this, offset, wait)
          wait.reached(0)
        },
    ),
  /** A record that is moved forward counts as one more. */
  'moved-record-waits-twice': () =>
    replace(
      IntakeMachine.prototype,
      'replay',
      (original) =>
        function (this: IntakeMachine, note, offset) {
          original.call(this, note, offset)
          if (note.kind === 'moved') this.accepted(offset, note.due, note.lane)
        },
    ),
  /** The target is not asked where its sequence stands. */
  'sequence-begins-anew': () => replace(Log.prototype, 'producer', () => () => undefined),
  /** Nobody looks again at what is due when the wall clock has stepped. */
  'clock-step-is-not-noticed': () => replace(PartitionIntake.prototype, 'clockStepped', () => () => {}),
}

function replace<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]): () => void {
  const original = target[name]
  target[name] = make(original)
  return () => {
    target[name] = original
  }
}
