/** Alerts of a cluster as a person deals with them: the rules, what fires, and whether anybody evaluates them. */
import { randomUUID } from 'node:crypto'
import type { ConsoleKey } from '../access/console-key.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { refuse } from '../failure.ts'
import type { AlertIncident } from './alert-incident.ts'
import { ALERT_TOPIC, AlertLedger } from './alert-ledger.ts'
import { type AlertRule, type RuleFields, type ShownRule, shownRule } from './alert-rule.ts'
import { AlertWatch } from './alert-watch.ts'
import { callWebhook, type Webhook } from './webhook.ts'
import { WebhookSeals } from './webhook-seals.ts'

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

const RULES_MAX = 200

export class AlertDesk {
  readonly #options: AlertDeskOptions
  readonly #ledger: AlertLedger
  readonly #seals: WebhookSeals
  readonly #watch: AlertWatch

  constructor(options: AlertDeskOptions) {
    const { session, key, webhookHosts, isReadOnly, intervalMs } = options
    this.#options = options
    const ledger = new AlertLedger(session.cluster)
    const seals = new WebhookSeals(key, webhookHosts)
    this.#ledger = ledger
    this.#seals = seals
    this.#watch = new AlertWatch({ session, ledger, seals, isReadOnly, webhookHosts, intervalMs })
  }

  /** Begins to evaluate, where there are rules; looks again every few seconds whether there are. */
  start(): void {
    this.#watch.start()
  }

  close(): Promise<void> {
    return this.#watch.close()
  }

  async view(): Promise<AlertsView> {
    const isThere = await this.#ledger.isThere()
    if (isThere) await this.#ledger.follow()
    const { rules, incidents } = this.#ledger.state
    const sorted = [...incidents.values()].sort(
      (a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || b.firedAtMs - a.firedAtMs,
    )
    return {
      status: this.#status(isThere),
      rules: [...rules.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((rule) => ({
          ...shownRule(rule),
          problem: this.#watch.problems.get(rule.id) ?? null,
          firing: this.#ledger.state.openOf(rule.id).size,
          isWebhookLost: this.#seals.isLost(rule),
        })),
      incidents: sorted,
    }
  }

  /** Those that fire; none where there is no topic. */
  async firing(): Promise<AlertIncident[]> {
    if (!(await this.#ledger.isThere())) return []
    await this.#ledger.follow()
    return this.#firing()
  }

  /** Makes the topic, after a person has agreed. Throws where that is not permitted. */
  async enable(): Promise<void> {
    await this.#ledger.make()
    this.#watch.startAnew()
  }

  /** Keeps a rule, a new one without an `id`. Returns it as it may be shown, and as it was before. */
  save(
    id: string | undefined,
    fields: RuleFields,
    webhook: WebhookChange,
    by: string,
  ): Promise<{ readonly before: ShownRule | null; readonly after: ShownRule }> {
    return this.#ledger.inTurn(() => this.#save(id, fields, webhook, by))
  }

  async #save(id: string | undefined, fields: RuleFields, webhook: WebhookChange, by: string) {
    const tried = `save alert rule "${fields.name}"`
    await this.#assertOn(tried)
    const { rules } = this.#ledger.state
    const before = id === undefined ? null : (rules.get(id) ?? null)
    if (id !== undefined && before === null) throw unknownRule(tried)
    if (before === null && rules.size >= RULES_MAX) {
      throw refuse('PRECONDITION_FAILED', `There are ${RULES_MAX} rules, which is the most.`, {
        tried,
        remedy: 'Remove one that is not needed.',
      })
    }
    const ruleId = before?.id ?? randomUUID()
    const sealed = webhook === null || webhook === 'keep' ? null : this.#seals.seal(ruleId, webhook, tried)
    const kept = webhook === 'keep' ? (before?.webhook ?? null) : sealed
    const rule: AlertRule = { ...fields, id: ruleId, webhook: kept, updatedAtMs: Date.now(), updatedBy: by }
    await this.#ledger.writeRule(ruleId, rule)
    return { before: before === null ? null : shownRule(before), after: shownRule(rule) }
  }

  /** Returns the rule as it was. */
  remove(id: string): Promise<ShownRule> {
    return this.#ledger.inTurn(async () => {
      const tried = 'remove an alert rule'
      await this.#assertOn(tried)
      const rule = this.#ledger.state.rules.get(id)
      if (rule === undefined) throw unknownRule(tried)
      await this.#ledger.writeRule(id, null)
      return shownRule(rule)
    })
  }

  /** Calls a webhook with a message that says that it is a test: one that is given, or that of a rule. */
  async test(target: { readonly url: string; readonly secret: string | null } | { readonly ruleId: string }) {
    const tried = 'call a webhook'
    let webhook: Webhook | null
    if ('url' in target) webhook = target
    else {
      await this.#assertOn(tried)
      const rule = this.#ledger.state.rules.get(target.ruleId)
      if (rule === undefined) throw unknownRule(tried)
      webhook = this.#seals.open(rule)
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
    const { status, error } = await callWebhook(webhook, body, id, this.#options.webhookHosts, this.#watch.signal)
    return { status, error }
  }

  async #assertOn(tried: string): Promise<void> {
    if (!(await this.#ledger.isThere())) {
      throw refuse('PRECONDITION_FAILED', `Rules are kept in topic ${ALERT_TOPIC}, which is not there.`, {
        tried,
        remedy: 'Agree to it first: alerts.enable.',
      })
    }
    await this.#ledger.follow()
  }

  #firing(): AlertIncident[] {
    return [...this.#ledger.state.incidents.values()].filter(({ state }) => state === 'firing')
  }

  #status(isThere: boolean): AlertsStatus {
    const { lease, rules } = this.#ledger.state
    const { isHere, failure } = this.#watch
    const base = {
      topic: ALERT_TOPIC,
      firing: this.#firing().length,
      keyProblem: this.#seals.problem(rules.values()),
      sealedByOlder: [...rules.values()].filter((rule) => this.#seals.isOld(rule)).length,
    }
    if (!isThere) return { ...base, state: 'off', runner: null, reason: null }
    const isLive = lease !== null && (isHere || lease.untilMs > Date.now())
    if (isLive) return { ...base, state: 'on', runner: { name: lease.name, isHere }, reason: failure }
    const readOnly = this.#options.isReadOnly()
      ? 'This console is in read-only mode, and no other one evaluates.'
      : null
    return { ...base, state: 'paused', runner: null, reason: failure ?? readOnly }
  }
}

function unknownRule(tried: string) {
  return refuse('NOT_FOUND', 'There is no such rule any more.', { tried, remedy: 'Look at the list again.' })
}
