/**
 * Evaluates the rules of a cluster, in one of all consoles that have it:
 *
 *   every few seconds: read on ─▶ hold the lease? ─▶ measure ─▶ judge ─▶ write what changed ─▶ call webhooks that are due
 *
 * A delivery is noted as waiting before it is made and as sent after it: when the console ends in between, the next one
 * makes it again under the same id.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { mapBounded } from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import {
  type AlertIncident,
  attempted,
  dueDelivery,
  isUnfinished,
  judge,
  type Measured,
  type PendingSince,
  resolved,
} from './alert-incident.ts'
import { LEASE_MS } from './alert-lease.ts'
import type { AlertLedger } from './alert-ledger.ts'
import { AlertMeasures } from './alert-measures.ts'
import type { AlertRule } from './alert-rule.ts'
import { callWebhook } from './webhook.ts'
import { webhookBody } from './webhook-body.ts'
import type { WebhookSeals } from './webhook-seals.ts'

export interface AlertWatchOptions {
  readonly session: ClusterSession
  readonly ledger: AlertLedger
  readonly seals: WebhookSeals
  /** Whether nothing may be changed: then nothing is evaluated either. */
  readonly isReadOnly: () => boolean
  /** Hosts that may be called [all]. */
  readonly webhookHosts?: readonly string[] | undefined
  /** Pause between two evaluations [5 s]. */
  readonly intervalMs?: number | undefined
}

const INTERVAL_MS = 5_000
/** While there is no topic: another console may have made it. */
const OFF_INTERVAL_MS = 30_000
/** A claim is renewed when it holds no longer than this. */
const RENEW_BELOW_MS = LEASE_MS / 2
/** What the two clocks may differ by before the lease is not relied on. */
const SAFETY_MS = 5_000
const CALLS_AT_ONCE = 4
const LEAVING_MS_MAX = 1_000

export class AlertWatch {
  /** Why a rule cannot be measured now, by its id. */
  readonly problems = new Map<string, string>()
  readonly #options: AlertWatchOptions
  readonly #measures: AlertMeasures
  readonly #runner = randomUUID()
  readonly #pending = new Map<string, PendingSince>()
  readonly #end = new AbortController()
  #timer: NodeJS.Timeout | null = null
  #round: Promise<void> | null = null
  /** On the monotonic clock: until then this console evaluates. */
  #heldUntil = Number.NEGATIVE_INFINITY
  #failure: string | null = null
  #isOff = true
  #isWantedNow = false

  constructor(options: AlertWatchOptions) {
    this.#options = options
    this.#measures = new AlertMeasures(options.session)
  }

  /** Whether this console evaluates now. */
  get isHere(): boolean {
    return performance.now() < this.#heldUntil
  }

  /** Why the last round came to nothing. */
  get failure(): string | null {
    return this.#failure
  }

  /** Ends with the watch. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Begins to evaluate, where there are rules; looks again every few seconds whether there are. */
  start(): void {
    if (this.#timer === null && this.#round === null && !this.#end.signal.aborted) this.#schedule(0)
  }

  /** Looks now, and not when it would have looked again: there are rules from now on. */
  startAnew(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isWantedNow = this.#round !== null
    this.start()
  }

  async close(): Promise<void> {
    this.#end.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    // A cluster that is away must not hold up the end of the console.
    const late = new Promise<void>((resolve) => setTimeout(resolve, LEAVING_MS_MAX).unref())
    await Promise.race([this.#leave(), late])
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#round = this.#evaluate()
        .then(
          () => {
            this.#failure = null
          },
          (error: Error) => {
            this.#failure = error.message
          },
        )
        .finally(() => {
          this.#round = null
          const intervalMs = this.#options.intervalMs ?? INTERVAL_MS
          const delayMs = this.#isWantedNow ? 0 : this.#isOff ? OFF_INTERVAL_MS : intervalMs
          this.#isWantedNow = false
          if (!this.#end.signal.aborted) this.#schedule(delayMs)
        })
    }, delayMs).unref()
  }

  /** One round. Throws where the cluster cannot be asked; the next round tries again. */
  async #evaluate(): Promise<void> {
    const { ledger, isReadOnly } = this.#options
    this.#isOff = isReadOnly() || !(await ledger.isThere())
    if (this.#isOff) return
    await ledger.follow()
    const { rules, incidents } = ledger.state
    const hasWork = rules.size > 0 || [...incidents.values()].some(isUnfinished)
    if (!hasWork) return
    if (!(await this.#holdLease())) return
    await this.#sealAnew()
    await this.#judgeAll()
    await this.#deliverDue()
    await ledger.forgetOld()
  }

  /** Whether this console evaluates from now on. */
  async #holdLease(): Promise<boolean> {
    const { ledger } = this.#options
    const { lease } = ledger.state
    const isOther = lease !== null && lease.runner !== this.#runner && lease.untilMs > Date.now()
    if (isOther) return false
    if (this.#heldUntil - performance.now() > RENEW_BELOW_MS) return true
    const began = performance.now()
    await ledger.writeClaim(this.#claim(false))
    await ledger.follow()
    if (ledger.state.lease?.runner !== this.#runner) return false
    this.#heldUntil = began + LEASE_MS - SAFETY_MS
    return true
  }

  /** Gives the lease back, so that the next console need not wait until it is over. */
  async #leave(): Promise<void> {
    await this.#round
    if (!this.isHere) return
    await this.#options.ledger.writeClaim(this.#claim(true)).catch(() => {})
  }

  #claim(isLeaving: boolean): string {
    return JSON.stringify({ runner: this.#runner, name: `${hostname()} ${process.pid}`, isLeaving })
  }

  /** What an older key sealed is sealed by the one that seals now, so that the older can go. */
  async #sealAnew(): Promise<void> {
    const { ledger, seals } = this.#options
    const old = [...ledger.state.rules.values()].filter((rule) => seals.isOld(rule))
    for (const { id } of old) {
      await ledger.inTurn(async () => {
        await ledger.follow()
        // The rule as it is by now: it may have been changed or removed.
        const rule = ledger.state.rules.get(id)
        const anew = rule === undefined ? null : seals.anew(rule)
        if (anew !== null) await ledger.writeRule(id, anew)
      })
    }
  }

  async #judgeAll(): Promise<void> {
    const { ledger } = this.#options
    const { rules, incidents } = ledger.state
    const nowMs = Date.now()
    for (const rule of rules.values()) {
      if (!this.isHere) return
      const nothing: Measured = { values: new Map(), problem: null }
      const measured = rule.isEnabled ? await this.#measures.measure(rule) : nothing
      if (measured.problem === null) this.problems.delete(rule.id)
      else this.problems.set(rule.id, measured.problem)
      const pending = this.#pending.get(rule.id) ?? new Map<string, number>()
      this.#pending.set(rule.id, pending)
      const open = ledger.state.openOf(rule.id)
      await ledger.writeIncidents(judge({ rule, measured, open, pending, nowMs, newId: randomUUID }))
    }
    for (const id of [...this.#pending.keys()]) if (!rules.has(id)) this.#pending.delete(id)
    const orphans = [...incidents.values()].filter(({ ruleId, state }) => state === 'firing' && !rules.has(ruleId))
    await ledger.writeIncidents(orphans.map((each) => resolved(each, each.value, 'rule', nowMs, null, randomUUID)))
  }

  async #deliverDue(): Promise<void> {
    const { ledger } = this.#options
    const nowMs = Date.now()
    const due = [...ledger.state.incidents.values()].filter((incident) => dueDelivery(incident, nowMs) !== null)
    await mapBounded(due, CALLS_AT_ONCE, async (incident) => {
      const delivery = dueDelivery(incident, nowMs)
      if (delivery === null || !this.isHere || this.#end.signal.aborted) return
      const result = await this.#deliver(incident, delivery)
      // One that was cut short by this console's end is made by the next one.
      if (this.#end.signal.aborted && result.error !== null) return
      await ledger.writeIncidents([attempted(incident, delivery.id, result, Date.now())])
    })
  }

  async #deliver(incident: AlertIncident, { id, about }: NonNullable<ReturnType<typeof dueDelivery>>) {
    const { ledger, seals, session, webhookHosts } = this.#options
    const rule = ledger.state.rules.get(incident.ruleId)
    const webhook = rule === undefined ? null : seals.open(rule)
    // One that is only not known here may be known to the next console, or when the key is back.
    if (webhook === null) return { status: null, error: lostText(rule), isFinal: rule === undefined || !rule.webhook }
    const { settings } = session
    const cluster = { id: settings.id, name: settings.name ?? settings.id }
    return callWebhook(webhook, webhookBody(incident, id, about, cluster), id, webhookHosts, this.#end.signal)
  }
}

function lostText(rule: AlertRule | undefined): string {
  if (rule === undefined) return 'The rule was removed.'
  return rule.webhook === null
    ? 'The rule has no webhook any more.'
    : 'The address is not known to this console: another key sealed it.'
}
