/** The console: its clusters, its users and their sessions, its audit. One of them serves all requests. */
import { ScanPool } from '@odradek/client'
import { Access, type AccessOptions } from './access/access.ts'
import { ConsoleKey } from './access/console-key.ts'
import { AlertDesk } from './alerts/alert-desk.ts'
import { AuditTrail } from './audit/audit-trail.ts'
import { ClusterSession, type ClusterSettings } from './cluster-session.ts'
import { DeadLetterDesk } from './dead-letters/dead-letter-desk.ts'
import { refuse } from './failure.ts'
import { ResetDesk } from './groups/reset-desk.ts'
import { ReplicationDesk } from './replication/replication-desk.ts'
import { SampleShops } from './sample-shops.ts'
import { StoragePlans } from './storage/storage-plans.ts'

export interface ConsoleOptions extends AccessOptions {
  readonly clusters: readonly ClusterSettings[]
  /** Nothing may be changed through this console. */
  readonly readOnly?: boolean
  /** The file of the key that seals what must not be read in a cluster [none: what was sealed is lost with the process]. */
  readonly keyFile?: string | undefined
  /** Hosts that webhooks of alerts may be at, `*` for any characters [all]. */
  readonly webhookHosts?: readonly string[] | undefined
  /** Pause between two evaluations of alerts, milliseconds [5,000]. */
  readonly alertIntervalMs?: number | undefined
}

export class Console implements AsyncDisposable {
  readonly options: ConsoleOptions
  readonly access: Access
  /** The threads that search messages. */
  readonly scans = new ScanPool()
  readonly shops = new SampleShops()
  readonly #sessions: ReadonlyMap<string, ClusterSession>
  readonly #audits = new Map<string, AuditTrail>()
  readonly #resets = new Map<string, ResetDesk>()
  readonly #deadLetters = new Map<string, DeadLetterDesk>()
  readonly #key: ConsoleKey
  readonly #alerts = new Map<string, AlertDesk>()
  readonly #replication = new Map<string, ReplicationDesk>()
  readonly #storage = new Map<string, StoragePlans>()

  constructor(options: ConsoleOptions) {
    this.options = options
    this.access = new Access(options)
    this.#key = new ConsoleKey(options.keyFile ?? null)
    const ids = options.clusters.map(({ id }) => id)
    for (const id of ids) {
      if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
        throw new TypeError(`The cluster id "${id}" is not allowed: use lower case letters, digits and hyphens.`)
      }
    }
    if (new Set(ids).size !== ids.length) throw new TypeError('Two clusters of the console have the same id.')
    this.#sessions = new Map(options.clusters.map((settings) => [settings.id, new ClusterSession(settings)]))
  }

  /** All clusters, in the order of the settings. */
  get sessions(): readonly ClusterSession[] {
    return [...this.#sessions.values()]
  }

  /** The cluster of an id; throws NOT_FOUND. */
  session(id: string): ClusterSession {
    const session = this.#sessions.get(id)
    if (session) return session
    const known = [...this.#sessions.keys()].join(', ')
    throw refuse('NOT_FOUND', `The console knows no cluster "${id}".`, {
      tried: `open cluster "${id}"`,
      remedy: `Choose one of: ${known || 'none is configured'}.`,
    })
  }

  /** Whether nothing may be changed, on a cluster or at all. */
  isReadOnly(clusterId: string | null): boolean {
    if (this.options.readOnly === true) return true
    return clusterId !== null && this.#sessions.get(clusterId)?.settings.readOnly === true
  }

  audit(clusterId: string): AuditTrail {
    let trail = this.#audits.get(clusterId)
    if (!trail) {
      trail = new AuditTrail(this.session(clusterId).cluster)
      this.#audits.set(clusterId, trail)
    }
    return trail
  }

  /** Resets of the groups of a cluster. */
  resets(clusterId: string): ResetDesk {
    let desk = this.#resets.get(clusterId)
    if (!desk) {
      desk = new ResetDesk(clusterId, this.session(clusterId).cluster, this.audit(clusterId))
      this.#resets.set(clusterId, desk)
    }
    return desk
  }

  /** The dead letters of a cluster, and the jobs that send them again. */
  deadLetters(clusterId: string): DeadLetterDesk {
    let desk = this.#deadLetters.get(clusterId)
    if (!desk) {
      desk = new DeadLetterDesk(this.session(clusterId))
      this.#deadLetters.set(clusterId, desk)
    }
    return desk
  }

  /** Alerts of a cluster. From now on they are evaluated while this console runs. */
  alerts(clusterId: string): AlertDesk {
    let desk = this.#alerts.get(clusterId)
    if (!desk) {
      desk = new AlertDesk({
        session: this.session(clusterId),
        key: this.#key,
        isReadOnly: () => this.isReadOnly(clusterId),
        webhookHosts: this.options.webhookHosts,
        intervalMs: this.options.alertIntervalMs,
      })
      this.#alerts.set(clusterId, desk)
      desk.start()
    }
    return desk
  }

  /** The replicas of a cluster. */
  replication(clusterId: string): ReplicationDesk {
    let desk = this.#replication.get(clusterId)
    if (!desk) {
      desk = new ReplicationDesk(this.session(clusterId))
      this.#replication.set(clusterId, desk)
    }
    return desk
  }

  /** What the brokers of a cluster tell of their disks. */
  storage(clusterId: string): StoragePlans {
    let plans = this.#storage.get(clusterId)
    if (!plans) {
      plans = new StoragePlans(this.session(clusterId))
      this.#storage.set(clusterId, plans)
    }
    return plans
  }

  /** From now on goes on with jobs that nobody runs, on every cluster that may be changed. For the server; scripts do without. */
  keepJobs(): void {
    for (const { id } of this.sessions) if (!this.isReadOnly(id)) this.deadLetters(id).keep()
  }

  async close(): Promise<void> {
    for (const desk of this.#resets.values()) desk.close()
    await Promise.all([...this.#deadLetters.values(), ...this.#alerts.values()].map((desk) => desk.close()))
    await Promise.all([this.scans.close(), this.shops.close(), ...this.sessions.map((session) => session.close())])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
