import type { DeadlineQueue } from '../runtime/deadline-queue.ts'
import type { Completion, Decision, Now } from '../runtime/decision.ts'
import type { GroupLimits } from './group-limits.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupTimer } from './group-timer.ts'
import type { Member } from './member.ts'

/** A decision in the making: what it is made with, and the records and answers gathered so far. */
export class Draft {
  readonly now: Now
  readonly limits: GroupLimits
  readonly timers: DeadlineQueue<GroupTimer>
  readonly records: GroupRecord[] = []
  readonly answers: Completion[] = []

  constructor(now: Now, limits: GroupLimits, timers: DeadlineQueue<GroupTimer>) {
    this.now = now
    this.limits = limits
    this.timers = timers
  }

  /** The decision as it stands; null when the request waits. */
  decide<T>(response: T | null): Decision<T, GroupRecord> {
    return { response, records: this.records, answers: this.answers }
  }

  /** Makes `timer` due after `delayMs`. */
  startTimer(timer: GroupTimer, delayMs: number): void {
    this.timers.schedule(timer, this.now.monotonicMs + delayMs)
  }

  /** Gives a member another session timeout's time. */
  extendSession(member: Member, timeoutMs = member.sessionTimeoutMs): void {
    this.startTimer(member.session, timeoutMs)
  }
}
