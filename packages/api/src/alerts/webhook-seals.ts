/** Addresses and secrets of rules' webhooks, sealed in the cluster under the console's key: each for its rule, so that copied to another it cannot be opened. */
import type { ConsoleKey, Opened } from '../access/console-key.ts'
import { refuse } from '../failure.ts'
import type { AlertRule } from './alert-rule.ts'
import { shownAddress, type Webhook, webhookProblem } from './webhook.ts'

export class WebhookSeals {
  readonly #key: ConsoleKey
  readonly #hosts: readonly string[] | undefined

  constructor(key: ConsoleKey, hosts: readonly string[] | undefined) {
    this.#key = key
    this.#hosts = hosts
  }

  /** Throws a TRPCError where the address may not be called, or the key cannot be used. */
  seal(ruleId: string, webhook: Webhook, tried: string): AlertRule['webhook'] {
    const problem = webhookProblem(webhook.url, this.#hosts)
    if (problem !== null) throw refuse('BAD_REQUEST', problem, { tried, remedy: 'Enter another address.' })
    const broken = this.#key.problem()
    if (broken !== null) {
      throw refuse('PRECONDITION_FAILED', `The address cannot be sealed: ${broken}.`, {
        tried,
        remedy: 'Mend the file.',
      })
    }
    const sealed = this.#key.seal(JSON.stringify(webhook), purposeOf(ruleId))
    return { shown: shownAddress(webhook.url), isSigned: webhook.secret !== null, sealed }
  }

  /** null: there is none, or it cannot be opened here. */
  open(rule: AlertRule): Webhook | null {
    const opened = this.#opened(rule)
    return opened === null ? null : (JSON.parse(opened.text) as Webhook)
  }

  /** Sealed by a console with another key: it has to be entered again. */
  isLost(rule: AlertRule): boolean {
    return rule.webhook !== null && this.open(rule) === null
  }

  /** Whether an older key sealed it: until no rule is, the older keys must not be forgotten. */
  isOld(rule: AlertRule): boolean {
    return this.#opened(rule)?.isOld === true
  }

  /** The rule sealed by the key that seals now; null where it is already, or cannot be. */
  anew(rule: AlertRule): AlertRule | null {
    const opened = this.#opened(rule)
    if (opened?.isOld !== true || rule.webhook === null) return null
    return { ...rule, webhook: { ...rule.webhook, sealed: this.#key.seal(opened.text, purposeOf(rule.id)) } }
  }

  /** Why addresses cannot be known here; null: they are, or there are none. */
  problem(rules: Iterable<AlertRule>): string | null {
    const problem = this.#key.problem()
    if (problem !== null) return problem
    const lost = [...rules].filter((rule) => this.isLost(rule))
    if (lost.length === 0) return null
    const names = lost.map(({ name }) => `"${name}"`).join(', ')
    return `A console with another key sealed the webhooks of ${names}: give this console the same key file, or enter them again.`
  }

  #opened({ id, webhook }: AlertRule): Opened | null {
    if (webhook === null || this.#key.problem() !== null) return null
    return this.#key.open(webhook.sealed, purposeOf(id))
  }
}

function purposeOf(ruleId: string): string {
  return `alert webhook ${ruleId}`
}
