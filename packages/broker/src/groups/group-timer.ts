import type { Due } from '../runtime/deadline-queue.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Member } from './member.ts'

/** What the passing of time can bring about in groups. Whoever is removed has its timers cancelled. */
export type GroupTimer = Due &
  (
    | { readonly kind: 'session'; readonly group: ClassicGroup; readonly member: Member }
    | { readonly kind: 'pendingMember'; readonly group: ClassicGroup; readonly memberId: string }
    | { readonly kind: 'join'; readonly group: ClassicGroup }
    | { readonly kind: 'sync'; readonly group: ClassicGroup }
    | { readonly kind: 'expiration' }
  )

/** The fields of a timer that is not running. */
export const notDue = { dueAt: Number.POSITIVE_INFINITY, queuedAt: Number.POSITIVE_INFINITY }
