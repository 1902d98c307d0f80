/**
 * Alerts of a cluster: rules and alerts are kept in a compacted topic of it, made once somebody agreed. While a console
 * runs, one of all that have the cluster evaluates them:
 *
 *   every few seconds: read on ─▶ hold the lease? ─▶ measure ─▶ judge ─▶ write what changed ─▶ call webhooks that are due
 *
 * A delivery is noted as waiting before it is made and as sent after it: when the console ends in between, the next one
 * makes it again under the same id.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createTopic, KafkaError, KeyedLog, mapBounded } from '@odradek/client'
import type { ConsoleKey, Opened } from '../access/console-key.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { refuse } from '../failure.ts'
import {
  type AlertIncident,
  attempted,
  dueDelivery,
  judge,
  type Measured,
  type PendingSince,
  resolved,
} from './alert-incident.ts'
import { LEASE_MS, type Lease } from './alert-lease.ts'
import { AlertMeasures } from './alert-measures.ts'
import { type AlertRule, type RuleFields, type ShownRule, shownRule } from './alert-rule.ts'
import { AlertState, incidentKey, RUNNER_KEY, ruleKey } from './alert-state.ts'
import { callWebhook, shownAddress, type Webhook, webhookProblem } from './webhook.ts'

export const ALERT_TOPIC = 'odradek-alerts'

/** Of an address and a secret: taken as they are, kept as they were, or none. */
export type WebhookChange = { readonly url: string; readonly secret: string | null } | 'keep' | null

export interface AlertsStatus {
  /** off: no topic yet; on: rules are evaluated; paused: nobody evaluates them, `reason` says why. */
  readonly state: 'off' | 'on' | 'paused'
  readonly topic: string
  /** Why addresses of webhooks cannot be known here; null: they are, or there are none. */
  readonly keyProblem: string | null
  /** Rules whose webhook an older key sealed: until there are none, the older keys must not be forgotten. */
  readonly sealedByOlder: number
  /** The console that evaluates; null: none. */
  readonly runner: { readonly name: string; readonly isHere: boolean } | null
  readonly reason: string | null
  readonly firing: number
}

export interface AlertsView {
  readonly status: AlertsStatus
  readonly rules: readonly (ShownRule & {
    /** Why it cannot be measured now; null: it is, or another console does it. */
    readonly problem: string | null
    readonly firing: number
    /** The webhook was sealed by a console with another key: it has to be entered again. */
    readonly isWebhookLost: boolean
  })[]
  /** Those that fire first, then the newest. */
  readonly incidents: readonly AlertIncident[]
}

export interface AlertDeskOptions {
  readonly session: ClusterSession
  readonly key: ConsoleKey
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
const RULES_MAX = 200
/** Alerts that are kept, those that fire among them; the oldest of those that are over go. */
const INCIDENTS_MAX = 500
/** A claim is renewed when it holds no longer than this. */
const RENEW_BELOW_MS = LEASE_MS / 2
/** What the two clocks may differ by before the lease is not relied on. */
const SAFETY_MS = 5_000
const CALLS_AT_ONCE = 4
const SEGMENT_MS = 3_600_000
const LEAVING_MS_MAX = 1_000

export class AlertDesk {
  readonly #options: AlertDeskOptions
  readonly #measures: AlertMeasures
  readonly #state = new AlertState()
  readonly #log: KeyedLog
  readonly #runner = randomUUID()
  readonly #pending = new Map<string, PendingSince>()
  readonly #problems = new Map<string, string>()
  readonly #end = new AbortController()
  #following: Promise<void> | null = null
  /** The last change of a rule: each reads the rule as the one before left it. */
  #changing: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #round: Promise<void> | null = null
  /** On the monotonic clock: until then this console evaluates. */
  #heldUntil = Number.NEGATIVE_INFINITY
  #failure: string | null = null
  #isOff = true

  constructor(options: AlertDeskOptions) {
    this.#options = options
    const { session } = options
    this.#measures = new AlertMeasures(session)
    this.#log = new KeyedLog(
      session.cluster,
      ALERT_TOPIC,
      (record) => this.#state.apply(record),
      () => this.#state.clear(),
    )
  }

  /** Begins to evaluate, where there are rules; looks again every few seconds whether there are. */
  start(): void {
    if (this.#timer === null && this.#round === null && !this.#end.signal.aborted) this.#schedule(0)
  }

  async close(): Promise<void> {
    this.#end.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    // A cluster that is away must not hold up the end of the console.
    const late = new Promise<void>((resolve) => setTimeout(resolve, LEAVING_MS_MAX).unref())
    await Promise.race([this.#leave(), late])
  }

  async view(): Promise<AlertsView> {
    const isThere = await this.#log.isThere()
    if (isThere) await this.#follow()
    const { rules, incidents, lease } = this.#state
    const sorted = [...incidents.values()].sort(
      (a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || b.firedAtMs - a.firedAtMs,
    )
    return {
      status: this.#status(isThere, lease),
      rules: [...rules.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((rule) => ({
          ...shownRule(rule),
          problem: this.#problems.get(rule.id) ?? null,
          firing: this.#state.openOf(rule.id).size,
          isWebhookLost: rule.webhook !== null && this.#webhookOf(rule) === null,
        })),
      incidents: sorted,
    }
  }

  /** Those that fire; none where there is no topic. */
  async firing(): Promise<AlertIncident[]> {
    if (!(await this.#log.isThere())) return []
    await this.#follow()
    return [...this.#state.incidents.values()].filter(({ state }) => state === 'firing')
  }

  /** Makes the topic, after a person has agreed. Throws where that is not permitted. */
  async enable(): Promise<void> {
    const { cluster } = this.#options.session
    if (!(await this.#log.isThere())) {
      const { brokers } = await cluster.metadata()
      try {
        await createTopic(cluster, {
          name: ALERT_TOPIC,
          partitions: 1,
          replicationFactor: Math.min(3, brokers.length),
          configs: {
            'cleanup.policy': 'compact',
            // The lease goes by one clock, the broker's.
            'message.timestamp.type': 'LogAppendTime',
            'segment.ms': String(SEGMENT_MS),
          },
        })
      } catch (error) {
        if (!(error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS')) throw error
      }
    }
    // At once, and not when it would have looked again.
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#isOff = false
    this.start()
  }

  /** Keeps a rule, a new one without an `id`. Returns it as it may be shown, and as it was before. */
  save(
    id: string | undefined,
    fields: RuleFields,
    webhook: WebhookChange,
    by: string,
  ): Promise<{ readonly before: ShownRule | null; readonly after: ShownRule }> {
    return this.#inTurn(() => this.#save(id, fields, webhook, by))
  }

  async #save(id: string | undefined, fields: RuleFields, webhook: WebhookChange, by: string) {
    const tried = `save alert rule "${fields.name}"`
    await this.#assertOn(tried)
    const before = id === undefined ? null : (this.#state.rules.get(id) ?? null)
    if (id !== undefined && before === null) throw unknownRule(tried)
    if (before === null && this.#state.rules.size >= RULES_MAX) {
      throw refuse('PRECONDITION_FAILED', `There are ${RULES_MAX} rules, which is the most.`, {
        tried,
        remedy: 'Remove one that is not needed.',
      })
    }
    const ruleId = before?.id ?? randomUUID()
    const kept = webhook === 'keep' ? (before?.webhook ?? null) : this.#sealed(ruleId, webhook, tried)
    const rule: AlertRule = { ...fields, id: ruleId, webhook: kept, updatedAtMs: Date.now(), updatedBy: by }
    await this.#log.write(ruleKey(ruleId), JSON.stringify(rule))
    await this.#follow()
    return { before: before === null ? null : shownRule(before), after: shownRule(rule) }
  }

  remove(id: string): Promise<ShownRule> {
    return this.#inTurn(() => this.#remove(id))
  }

  async #remove(id: string): Promise<ShownRule> {
    const tried = 'remove an alert rule'
    await this.#assertOn(tried)
    const rule = this.#state.rules.get(id)
    if (rule === undefined) throw unknownRule(tried)
    await this.#log.write(ruleKey(id), null)
    await this.#follow()
    return shownRule(rule)
  }

  /** Calls a webhook with a message that says that it is a test: one that is given, or that of a rule. */
  async test(target: { readonly url: string; readonly secret: string | null } | { readonly ruleId: string }) {
    const tried = 'call a webhook'
    let webhook: Webhook | null
    if ('url' in target) webhook = target
    else {
      await this.#assertOn(tried)
      const rule = this.#state.rules.get(target.ruleId)
      if (rule === undefined) throw unknownRule(tried)
      webhook = this.#webhookOf(rule)
    }
    if (webhook === null) {
      throw refuse('PRECONDITION_FAILED', 'The address is not known here: another key sealed it.', {
        tried,
        remedy: 'Give this console the key file of the one that sealed it, or enter the address again.',
      })
    }
    const id = randomUUID()
    const { settings } = this.#options.session
    const text = `Test of a webhook of cluster ${settings.name ?? settings.id}.`
    const body = JSON.stringify({
      id,
      event: 'test',
      text,
      cluster: { id: settings.id, name: settings.name ?? settings.id },
    })
    const { status, error } = await callWebhook(webhook, body, id, this.#options.webhookHosts, this.#end.signal)
    return { status, error }
  }

  async #assertOn(tried: string): Promise<void> {
    if (!(await this.#log.isThere())) {
      throw refuse('PRECONDITION_FAILED', `Rules are kept in topic ${ALERT_TOPIC}, which is not there.`, {
        tried,
        remedy: 'Agree to it first: alerts.enable.',
      })
    }
    await this.#follow()
  }

  #sealed(ruleId: string, webhook: Exclude<WebhookChange, 'keep'>, tried: string): AlertRule['webhook'] {
    if (webhook === null) return null
    const problem = webhookProblem(webhook.url, this.#options.webhookHosts)
    if (problem !== null) throw refuse('BAD_REQUEST', problem, { tried, remedy: 'Enter another address.' })
    const broken = this.#options.key.problem()
    if (broken !== null) {
      throw refuse('PRECONDITION_FAILED', `The address cannot be sealed: ${broken}.`, {
        tried,
        remedy: 'Mend the file.',
      })
    }
    const sealed = this.#options.key.seal(JSON.stringify(webhook), purposeOf(ruleId))
    return { shown: shownAddress(webhook.url), isSigned: webhook.secret !== null, sealed }
  }

  /** null: there is none, or it cannot be opened here. */
  #webhookOf(rule: AlertRule): Webhook | null {
    const opened = this.#opened(rule)
    return opened === null ? null : (JSON.parse(opened.text) as Webhook)
  }

  #opened({ id, webhook }: AlertRule): Opened | null {
    if (webhook === null || this.#options.key.problem() !== null) return null
    return this.#options.key.open(webhook.sealed, purposeOf(id))
  }

  /** One after the other, whatever became of the one before. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change)
    this.#changing = done.catch(() => {})
    return done
  }

  /** What an older key sealed is sealed by the one that seals now, so that the older can go. */
  async #sealAnew(): Promise<void> {
    for (const id of this.#sealedByOlder()) await this.#inTurn(() => this.#sealOneAnew(id))
  }

  /** The rule as it is by now, not as it was when the round began: it may have been changed or removed. */
  async #sealOneAnew(id: string): Promise<void> {
    await this.#follow()
    const rule = this.#state.rules.get(id)
    const opened = rule === undefined ? null : this.#opened(rule)
    if (opened?.isOld !== true || rule?.webhook == null) return
    const webhook = { ...rule.webhook, sealed: this.#options.key.seal(opened.text, purposeOf(id)) }
    await this.#log.write(ruleKey(id), JSON.stringify({ ...rule, webhook }))
    await this.#follow()
  }

  #sealedByOlder(): string[] {
    return [...this.#state.rules.values()].filter((rule) => this.#opened(rule)?.isOld === true).map(({ id }) => id)
  }

  #status(isThere: boolean, lease: Lease | null): AlertsStatus {
    const firing = [...this.#state.incidents.values()].filter(({ state }) => state === 'firing').length
    const base = {
      topic: ALERT_TOPIC,
      firing,
      keyProblem: this.#keyProblem(),
      sealedByOlder: this.#sealedByOlder().length,
    }
    if (!isThere) return { ...base, state: 'off', runner: null, reason: null }
    const isHere = performance.now() < this.#heldUntil
    const isLive = lease !== null && (isHere || lease.untilMs > Date.now())
    if (isLive) return { ...base, state: 'on', runner: { name: lease.name, isHere }, reason: this.#failure }
    const readOnly = this.#options.isReadOnly()
      ? 'This console is in read-only mode, and no other one evaluates.'
      : null
    return { ...base, state: 'paused', runner: null, reason: this.#failure ?? readOnly }
  }

  #keyProblem(): string | null {
    const problem = this.#options.key.problem()
    if (problem !== null) return problem
    const lost = [...this.#state.rules.values()].filter(
      (rule) => rule.webhook !== null && this.#webhookOf(rule) === null,
    )
    if (lost.length === 0) return null
    const names = lost.map(({ name }) => `"${name}"`).join(', ')
    return `A console with another key sealed the webhooks of ${names}: give this console the same key file, or enter them again.`
  }

  #follow(): Promise<void> {
    this.#following ??= this.#log.follow().finally(() => {
      this.#following = null
    })
    return this.#following
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
          if (!this.#end.signal.aborted) this.#schedule(this.#isOff ? OFF_INTERVAL_MS : intervalMs)
        })
    }, delayMs).unref()
  }

  /** One round. Throws where the cluster cannot be asked; the next round tries again. */
  async #evaluate(): Promise<void> {
    this.#isOff = this.#options.isReadOnly() || !(await this.#log.isThere())
    if (this.#isOff) return
    await this.#follow()
    const hasWork = this.#state.rules.size > 0 || [...this.#state.incidents.values()].some(isUnfinished)
    if (!hasWork) return
    if (!(await this.#holdLease())) return
    await this.#sealAnew()
    await this.#judgeAll()
    await this.#deliverDue()
    await this.#forgetOld()
  }

  /** Whether this console evaluates now. */
  async #holdLease(): Promise<boolean> {
    const { lease } = this.#state
    const isOther = lease !== null && lease.runner !== this.#runner && lease.untilMs > Date.now()
    if (isOther) return false
    if (this.#heldUntil - performance.now() > RENEW_BELOW_MS) return true
    const began = performance.now()
    await this.#log.write(RUNNER_KEY, this.#claim(false))
    await this.#follow()
    if (this.#state.lease?.runner !== this.#runner) return false
    this.#heldUntil = began + LEASE_MS - SAFETY_MS
    return true
  }

  /** Gives the lease back, so that the next console need not wait until it is over. */
  async #leave(): Promise<void> {
    await this.#round
    if (performance.now() >= this.#heldUntil) return
    await this.#log.write(RUNNER_KEY, this.#claim(true)).catch(() => {})
  }

  #claim(isLeaving: boolean): string {
    return JSON.stringify({ runner: this.#runner, name: `${hostname()} ${process.pid}`, isLeaving })
  }

  async #judgeAll(): Promise<void> {
    const nowMs = Date.now()
    for (const rule of this.#state.rules.values()) {
      if (performance.now() >= this.#heldUntil) return
      const nothing: Measured = { values: new Map(), problem: null }
      const measured = rule.isEnabled ? await this.#measures.measure(rule) : nothing
      if (measured.problem === null) this.#problems.delete(rule.id)
      else this.#problems.set(rule.id, measured.problem)
      const pending = this.#pending.get(rule.id) ?? new Map<string, number>()
      this.#pending.set(rule.id, pending)
      const open = this.#state.openOf(rule.id)
      await this.#write(judge({ rule, measured, open, pending, nowMs, newId: randomUUID }))
    }
    for (const id of [...this.#pending.keys()]) if (!this.#state.rules.has(id)) this.#pending.delete(id)
    const orphans = [...this.#state.incidents.values()].filter(
      ({ ruleId, state }) => state === 'firing' && !this.#state.rules.has(ruleId),
    )
    await this.#write(orphans.map((each) => resolved(each, each.value, 'rule', nowMs, null, randomUUID)))
  }

  async #deliverDue(): Promise<void> {
    const nowMs = Date.now()
    const due = [...this.#state.incidents.values()].filter((incident) => dueDelivery(incident, nowMs) !== null)
    await mapBounded(due, CALLS_AT_ONCE, async (incident) => {
      const delivery = dueDelivery(incident, nowMs)
      if (delivery === null || performance.now() >= this.#heldUntil || this.#end.signal.aborted) return
      const rule = this.#state.rules.get(incident.ruleId)
      const webhook = rule === undefined ? null : this.#webhookOf(rule)
      const result =
        webhook === null
          ? // One that is only not known here may be known to the next console, or when the key is back.
            { status: null, error: lostText(rule), isFinal: rule === undefined || rule.webhook === null }
          : await callWebhook(
              webhook,
              this.#bodyOf(incident, delivery.id, delivery.about),
              delivery.id,
              this.#options.webhookHosts,
              this.#end.signal,
            )
      // One that was cut short by this console's end is made by the next one.
      if (this.#end.signal.aborted && result.error !== null) return
      await this.#write([attempted(incident, delivery.id, result, Date.now())])
    })
  }

  #bodyOf(incident: AlertIncident, id: string, event: 'firing' | 'resolved'): string {
    const { settings } = this.#options.session
    const { ruleId, ruleName, kind, threshold, subject, value, firedValue, sinceMs, firedAtMs, resolvedAtMs } = incident
    const cluster = { id: settings.id, name: settings.name ?? settings.id }
    const isFiring = event === 'firing'
    const told = isFiring ? `is at ${firedValue}, the rule says ${threshold}` : `is at ${value}`
    return JSON.stringify({
      id,
      event,
      // What chat services show of a message.
      text: `${isFiring ? 'Firing' : 'Resolved'}: ${ruleName}: ${kind} of ${subject} ${told} (${cluster.name})`,
      cluster,
      alert: incident.id,
      rule: { id: ruleId, name: ruleName, kind, threshold },
      subject,
      value: isFiring ? firedValue : value,
      since: isoTime(sinceMs),
      firedAt: isoTime(firedAtMs),
      resolvedAt: isFiring || resolvedAtMs === null ? null : isoTime(resolvedAtMs),
    })
  }

  /** Takes the oldest that are over away, where there are too many. */
  async #forgetOld(): Promise<void> {
    const { incidents } = this.#state
    if (incidents.size <= INCIDENTS_MAX) return
    const over = [...incidents.values()]
      .filter((incident) => !isUnfinished(incident))
      .sort((a, b) => a.firedAtMs - b.firedAtMs)
    const gone = over.slice(0, incidents.size - INCIDENTS_MAX)
    for (const { id } of gone) await this.#log.write(incidentKey(id), null)
    if (gone.length > 0) await this.#follow()
  }

  async #write(changed: readonly AlertIncident[]): Promise<void> {
    if (changed.length === 0) return
    for (const incident of changed) {
      await this.#log.write(incidentKey(incident.id), JSON.stringify(incident))
      // At once, so that the next look does not decide the same again, whatever reading on comes to.
      this.#state.incidents.set(incident.id, incident)
    }
    await this.#follow()
  }
}

/** Whether there is something left to do about it. */
function isUnfinished({ state, deliveries }: AlertIncident): boolean {
  return state === 'firing' || deliveries.some((each) => each.state === 'waiting')
}

function unknownRule(tried: string) {
  return refuse('NOT_FOUND', 'There is no such rule any more.', { tried, remedy: 'Look at the list again.' })
}

function lostText(rule: AlertRule | undefined): string {
  if (rule === undefined) return 'The rule was removed.'
  return rule.webhook === null
    ? 'The rule has no webhook any more.'
    : 'The address is not known to this console: another key sealed it.'
}

/** Sealed for one rule: copied to another it cannot be opened. */
function purposeOf(ruleId: string): string {
  return `alert webhook ${ruleId}`
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
