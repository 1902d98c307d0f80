/**
 * Resets of a cluster's groups: plans that wait, those that wait for their group to be empty, and those that were done,
 * which can be undone. What was done is read from the audit, so that it outlives the console where the audit has a topic.
 */
import { randomUUID } from 'node:crypto'
import {
  applyReset,
  type Cluster,
  DriftError,
  groupNow,
  planReset,
  RefusedError,
  type ResetPlan,
  type ResetResult,
  type ResetScope,
  type ResetTarget,
  targetText,
} from '@odradek/client'
import { z } from 'zod'
import type { Visitor } from '../access/visitor.ts'
import type { AuditEntry } from '../audit/audit-entry.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'
import { refuse } from '../failure.ts'
import { PlanStore } from '../plan-store.ts'

export const RESET_ACTIONS = ['groups.resetApply', 'groups.resetUndo', 'groups.resetArm']

const result = z.object({
  topic: z.string(),
  partition: z.number(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  error: z.string().nullable(),
})
const outcome = z.object({ what: z.string(), undoes: z.string().nullable(), results: z.array(result) })

/** A reset that was done. */
export interface DoneReset {
  readonly id: string
  readonly atMs: number
  readonly who: string
  readonly group: string
  /** `to the earliest record` */
  readonly what: string
  readonly results: readonly ResetResult[]
  /** The reset that this one undid. */
  readonly undoes: string | null
  /** The reset by which it was undone. */
  readonly undoneBy: string | null
}

/** A reset that waits for its group to have no members. */
export interface ArmedReset {
  readonly id: string
  readonly group: string
  readonly target: ResetTarget
  readonly what: string
  readonly who: string
  readonly sinceMs: number
  readonly untilMs: number
  /** null: it waits; otherwise what came of it. */
  readonly outcome: { readonly atMs: number; readonly resetId: string | null; readonly error: string | null } | null
}

/** What an apply gives: the id by which it can be undone, and what became of each partition. */
export interface Applied {
  readonly id: string
  readonly results: ResetResult[]
}

/** Typing the group's id is asked for where records are skipped, or more than this are read again. */
const REPLAYS_UNCONFIRMED_MAX = 100_000
const ARMED_MS_MAX = 3_600_000
const ARMED_MAX = 100
const POLL_MS = 1000

interface ArmedEntry {
  armed: ArmedReset
  timer: NodeJS.Timeout
  readonly scope: ResetScope
  readonly visitor: Visitor
  readonly settled: PromiseWithResolvers<ArmedReset>
}

export class ResetDesk {
  readonly #cluster: Cluster
  readonly #clusterId: string
  readonly #audit: AuditTrail
  readonly #plans = new PlanStore<ResetPlan, Applied>()
  readonly #undoing = new Map<string, Promise<Applied>>()
  readonly #armed = new Map<string, ArmedEntry>()

  constructor(clusterId: string, cluster: Cluster, audit: AuditTrail) {
    this.#clusterId = clusterId
    this.#cluster = cluster
    this.#audit = audit
  }

  async plan(
    group: string,
    target: ResetTarget,
    scope: ResetScope,
  ): Promise<ResetPlan & { planId: string; mustConfirm: boolean }> {
    const plan = await planReset(this.#cluster, group, target, scope)
    return { ...plan, planId: this.#plans.add(this.#clusterId, plan, plan.rows.length), mustConfirm: mustConfirm(plan) }
  }

  /** The target that puts back what a reset had moved. */
  async undoTarget(group: string, resetId: string): Promise<ResetTarget> {
    const done = await this.#done(group, resetId)
    return { kind: 'offsets', offsets: imageOf(done.results, ({ before }) => before) }
  }

  /** Applies a plan, once; the same plan again gives the same result. */
  apply(planId: string, confirm: string | undefined): { plan: ResetPlan; isFirst: boolean; done: Promise<Applied> } {
    const tried = 'reset a group'
    const plan = this.#plans.get(this.#clusterId, planId, tried)
    this.#assertConfirmed(plan, confirm)
    const { isFirst, done } = this.#plans.once(this.#clusterId, planId, tried, async (planned) => ({
      id: randomUUID(),
      results: await applyReset(this.#cluster, planned),
    }))
    return { plan, isFirst, done }
  }

  /** Puts back what a reset had moved. Refused where the group has moved since, or it was undone already. */
  undo(group: string, resetId: string): { isFirst: boolean; done: Promise<Applied> } {
    const known = this.#undoing.get(resetId)
    if (known) return { isFirst: false, done: known }
    const undoing = this.#undo(group, resetId)
    this.#undoing.set(resetId, undoing)
    // A second click gets the first one's result; after a refusal one may try again.
    undoing.then(
      () => setTimeout(() => this.#undoing.delete(resetId), 60_000).unref(),
      () => this.#undoing.delete(resetId),
    )
    return { isFirst: true, done: undoing }
  }

  /** Resets of a group, newest first. */
  async done(group: string): Promise<DoneReset[]> {
    const entries = await this.#audit.find(({ action, resource }) => {
      return RESET_ACTIONS.includes(action) && resource === `group ${group}`
    })
    const undoneBy = new Map<string, string>()
    const resets = entries.flatMap((entry) => {
      const reset = readReset(entry, group)
      if (reset?.undoes) undoneBy.set(reset.undoes, reset.id)
      return reset ?? []
    })
    return resets.map((reset) => ({ ...reset, undoneBy: undoneBy.get(reset.id) ?? null }))
  }

  /** Applies a reset as soon as the group has no members, planned anew then. Waits for an hour at most. */
  arm(planId: string, confirm: string | undefined, visitor: Visitor, who: string): ArmedReset {
    const tried = 'arm a reset'
    const plan = this.#plans.get(this.#clusterId, planId, tried)
    this.#assertConfirmed(plan, confirm)
    for (const { armed } of this.#armed.values()) {
      if (armed.group !== plan.group || armed.outcome !== null) continue
      throw refuse('CONFLICT', 'A reset of this group is armed already.', { tried, remedy: 'Disarm it first.' })
    }
    for (const [id, { armed }] of this.#armed) {
      if (this.#armed.size < ARMED_MAX) break
      if (armed.outcome !== null) this.#armed.delete(id)
    }
    if (this.#armed.size >= ARMED_MAX) {
      throw refuse('TOO_MANY_REQUESTS', `${ARMED_MAX} resets are armed.`, { tried, remedy: 'Disarm some.' })
    }
    const now = Date.now()
    const armed: ArmedReset = {
      id: randomUUID(),
      group: plan.group,
      target: plan.target,
      what: targetText(plan.target),
      who,
      sinceMs: now,
      untilMs: now + ARMED_MS_MAX,
      outcome: null,
    }
    const settled = Promise.withResolvers<ArmedReset>()
    this.#armed.set(armed.id, { armed, scope: plan.scope, visitor, timer: this.#poll(armed.id), settled })
    return armed
  }

  /** Resolves with an armed reset when something has come of it: it was applied, it failed, or it was given up. */
  async settled(id: string): Promise<ArmedReset | null> {
    return (await this.#armed.get(id)?.settled.promise) ?? null
  }

  disarm(id: string): ArmedReset {
    const entry = this.#armed.get(id)
    if (!entry) {
      throw refuse('NOT_FOUND', 'This reset is not armed.', { tried: 'disarm a reset', remedy: 'Look at the list.' })
    }
    clearTimeout(entry.timer)
    this.#armed.delete(id)
    entry.settled.resolve(entry.armed)
    return entry.armed
  }

  armed(group: string): ArmedReset[] {
    return [...this.#armed.values()].map(({ armed }) => armed).filter((armed) => armed.group === group)
  }

  close(): void {
    for (const { timer, armed, settled } of this.#armed.values()) {
      clearTimeout(timer)
      settled.resolve(armed)
    }
    this.#armed.clear()
  }

  #assertConfirmed(plan: ResetPlan, confirm: string | undefined): void {
    if (!mustConfirm(plan) || confirm === plan.group) return
    const { skips, replays } = plan.totals
    throw refuse(
      'BAD_REQUEST',
      `The reset skips ${skips} and reads ${replays} records again: type the id of the group.`,
      {
        tried: `reset group "${plan.group}"`,
        remedy: `Type ${plan.group}.`,
      },
    )
  }

  async #done(group: string, resetId: string): Promise<DoneReset> {
    const done = (await this.done(group)).find(({ id }) => id === resetId)
    if (done) return done
    throw refuse('NOT_FOUND', 'This reset is not known any more.', {
      tried: `undo a reset of group "${group}"`,
      remedy: 'Plan a reset to the offsets that you want.',
    })
  }

  async #undo(group: string, resetId: string): Promise<Applied> {
    const tried = `undo a reset of group "${group}"`
    const done = await this.#done(group, resetId)
    if (done.undoneBy !== null) {
      throw refuse('CONFLICT', 'This reset has been undone already.', { tried, remedy: 'Look at the newest reset.' })
    }
    const succeeded = done.results.filter(({ error }) => error === null)
    const plan = await planReset(
      this.#cluster,
      group,
      { kind: 'offsets', offsets: imageOf(succeeded, ({ before }) => before) },
      null,
    )
    const after = imageOf(succeeded, (row) => row.after)
    const moved = plan.rows
      .filter(({ topic, partition, current }) => (after[topic]?.[partition] ?? null) !== current)
      .map(({ topic, partition, current }) => ({ topic, partition, now: current }))
    if (moved.length > 0) throw new DriftError(tried, moved)
    return { id: randomUUID(), results: await applyReset(this.#cluster, plan) }
  }

  #poll(id: string): NodeJS.Timeout {
    return setTimeout(() => {
      const entry = this.#armed.get(id)
      if (!entry) return
      this.#tryArmed(entry.armed, entry.scope).then(
        (outcome) => {
          if (!this.#armed.has(id)) return
          if (outcome === null) entry.timer = this.#poll(id)
          else this.#finish(id, outcome)
        },
        (error: Error) => this.#finish(id, { results: null, error: error.message }),
      )
    }, POLL_MS).unref()
  }

  /** null: the group has members still. */
  async #tryArmed(
    armed: ArmedReset,
    scope: ResetScope,
  ): Promise<{ results: ResetResult[] | null; error: string | null } | null> {
    if (Date.now() > armed.untilMs) return { results: null, error: 'The group had members for an hour.' }
    const now = await groupNow(this.#cluster, armed.group).catch(() => null)
    if (!now?.canBeMoved) return null
    try {
      const plan = await planReset(this.#cluster, armed.group, armed.target, scope)
      return { results: await applyReset(this.#cluster, plan), error: null }
    } catch (error) {
      // A member came back, or committed at its end: once more.
      if (error instanceof DriftError) return null
      if (error instanceof RefusedError && !(await groupNow(this.#cluster, armed.group)).canBeMoved) return null
      throw error
    }
  }

  #finish(id: string, { results, error }: { results: ResetResult[] | null; error: string | null }): void {
    const entry = this.#armed.get(id)
    if (!entry) return
    const resetId = results === null ? null : randomUUID()
    entry.armed = { ...entry.armed, outcome: { atMs: Date.now(), resetId, error } }
    const { group, what, target } = entry.armed
    const recorded = this.#audit.record({
      ...(resetId === null ? {} : { id: resetId }),
      atMs: Date.now(),
      who: entry.visitor,
      action: 'groups.resetArm',
      resource: `group ${group}`,
      input: { group, target },
      before: null,
      after: results === null ? null : { what, undoes: null, results },
      error,
    })
    void recorded.then(() => entry.settled.resolve(entry.armed))
  }
}

export function mustConfirm({ totals }: ResetPlan): boolean {
  return totals.skips > 0 || totals.replays > REPLAYS_UNCONFIRMED_MAX
}

function imageOf(
  results: readonly ResetResult[],
  of: (result: ResetResult) => number | null,
): Record<string, Record<string, number | null>> {
  const image: Record<string, Record<string, number | null>> = {}
  for (const row of results) {
    image[row.topic] ??= {}
    image[row.topic]![row.partition] = of(row)
  }
  return image
}

function readReset(entry: AuditEntry, group: string): Omit<DoneReset, 'undoneBy'> | null {
  const read = outcome.safeParse(entry.after)
  if (!read.success) return null
  const { what, undoes, results } = read.data
  return { id: entry.id, atMs: entry.atMs, who: entry.who, group, what, undoes, results }
}
