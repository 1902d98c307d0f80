/**
 * This broker's place in the cluster: a lease, the registration under it, and the controller key for whoever comes first.
 *
 * A lease is no lock: between its end and our noticing, another broker may be controller. So every metadata write compares
 * the controller key's creation revision, and `isController` is false from a margin before the lease could have ended,
 * counted from when the last renewal that succeeded was *sent*.
 */
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { ImageFollower } from './image-follower.ts'
import { brokerKey, clusterKey, controllerKey, knownBrokerKey } from './keys.ts'
import { type Compare, type MetadataStore, type Operation, StoreError } from './store.ts'
import { type BrokerListener, formatBroker, formatCluster, formatController } from './values.ts'

export interface RegistrationOptions {
  readonly store: MetadataStore
  readonly follower: ImageFollower
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly BrokerListener[]
  /** Stored where the cluster has no id yet. */
  readonly newClusterId: string
  /** How long the broker counts as alive without a sign from it. */
  readonly sessionTimeoutMs: number
  /** Names the data that this process alone uses as long as it lives; null before there is any. */
  place(): string | null
}

export class Registration {
  readonly #options: RegistrationOptions
  #listeners: readonly BrokerListener[]
  #lease = ''
  /** The revision that made our registration; 0 before. */
  #epoch = 0
  /** Whether the answer to the last registration is still to come, or never came: then nobody knows whether it was made. */
  #isUncertain = false
  /** By the monotonic clock: until then nobody else can hold what our lease holds. */
  #heldUntil = 0
  #timer: Timer | null = null
  #closed = false
  #isStopping = false
  #problem: Error | null = null
  #renewing: Promise<void> | null = null
  readonly #heldAgain = new Set<() => void>()
  readonly #stopListening: () => void

  private constructor(options: RegistrationOptions) {
    this.#options = options
    this.#listeners = options.listeners
    this.#stopListening = options.follower.onChange((image, _previous, change) => {
      if (change.controller && image.controllerEpoch === 0) this.#standForController()
    })
  }

  /** Registers the broker; where nobody is controller it becomes it. Rejects where the id is taken by a live broker. */
  static async open(options: RegistrationOptions): Promise<Registration> {
    const registration = new Registration(options)
    try {
      await registration.#register()
    } catch (error) {
      registration.#stopListening()
      throw error
    }
    registration.#renewLater()
    return registration
  }

  /** Whether this broker may decide for the cluster now. */
  get isController(): boolean {
    return this.#options.follower.image.controllerId === this.#options.nodeId && this.#isHeld
  }

  /**
   * `listener` hears whenever the lease counts as held again after it did not, which may be long before it ended in the store:
   * the controller may be the same as ever, but what came in between was left alone.
   */
  onHeldAgain(listener: () => void): void {
    this.#heldAgain.add(listener)
  }

  /**
   * Whether the registration that the image has is certainly in force: from that image on until now nobody can have taken this
   * broker for dead.
   */
  get isCertainlyAlive(): boolean {
    const { follower, nodeId } = this.#options
    return this.#isHeld && follower.image.brokers.get(nodeId)?.epoch === this.#epoch
  }

  /** What a write in this broker's name compares: its registration is still the one it made. */
  get fence(): Compare {
    return { key: brokerKey(this.#options.nodeId), target: 'createRevision', revision: this.#epoch }
  }

  /** What a write of the controller compares. */
  get controllerFence(): Compare {
    const { controllerEpoch } = this.#options.follower.image
    return { key: controllerKey, target: 'createRevision', revision: controllerEpoch }
  }

  get #isHeld(): boolean {
    return this.#options.clock.monotonic() < this.#heldUntil
  }

  /** Makes the listeners known under which clients reach this broker. */
  async setListeners(listeners: readonly BrokerListener[]): Promise<void> {
    this.#listeners = listeners
    await this.#tell()
  }

  /** Makes known that this broker is about to stop: it serves on, but nobody makes it a leader any more. */
  async announceStop(): Promise<void> {
    this.#isStopping = true
    await this.#tell()
  }

  async #tell(): Promise<void> {
    const { store, follower } = this.#options
    const result = await store.transact({ compares: [this.fence], success: [this.#brokerPut(), ...this.#knownPuts()] })
    if (result.succeeded) await follower.reached(result.revision)
    else await this.#renew()
  }

  /** Makes sure of the lease after the process was held up for longer than it lasts. */
  async confirm(): Promise<void> {
    if (!this.#isHeld) await this.#renew()
  }

  /** Gives up registration and controller key at once. */
  async close(): Promise<void> {
    this.#closed = true
    this.#heldUntil = 0
    this.#timer?.cancel()
    this.#stopListening()
    await this.#options.store.revoke(this.#lease)
  }

  async #register(): Promise<void> {
    const { store, follower, clock, nodeId, newClusterId, sessionTimeoutMs, logger } = this.#options
    for (;;) {
      await this.#untilIdIsFree()
      if (this.#closed) return
      const sentAt = clock.monotonic()
      this.#lease = await store.grantLease(sessionTimeoutMs)
      // Nobody would renew what is registered now, nor end it.
      if (this.#closed) return await store.revoke(this.#lease)
      const { clusterId, controllerEpoch } = follower.image
      const compares: Compare[] = [absent(brokerKey(nodeId))]
      const success: Operation[] = [this.#brokerPut(), ...this.#knownPuts()]
      if (clusterId === '') {
        compares.push(absent(clusterKey))
        success.push({ kind: 'put', key: clusterKey, value: formatCluster(newClusterId) })
      }
      if (controllerEpoch === 0) {
        compares.push(absent(controllerKey))
        success.push(this.#controllerPut())
      }
      this.#isUncertain = true
      const result = await store.transact({ compares, success }).catch((error: Error) => {
        // This process was held up since it was granted.
        if (error instanceof StoreError && error.code === 'LEASE_NOT_FOUND') return { succeeded: false, revision: 0 }
        throw error
      })
      if (result.succeeded) {
        this.#made(result.revision, sentAt)
        await follower.reached(result.revision)
        const { controllerId } = follower.image
        logger.debug({ nodeId, controllerId, epoch: result.revision }, 'Registered')
        return
      }
      await follower.refresh()
    }
  }

  /** A broker that died holds its id until its lease ends; where we have its data, it is dead, and the lease ended here. */
  async #untilIdIsFree(): Promise<void> {
    const { store, follower, timers, nodeId, sessionTimeoutMs, place, logger } = this.#options
    const holder = follower.image.brokers.get(nodeId)
    if (holder === undefined) return
    if (holder.place !== null && holder.place === place()) {
      const { entry } = await store.get(brokerKey(nodeId))
      if (entry !== null && entry.lease !== null && entry.createRevision === holder.epoch) {
        logger.info('The process that used this data before is gone: its registration is ended')
        await store.revoke(entry.lease)
        await follower.refresh()
      }
    }
    if (!follower.image.brokers.has(nodeId)) return
    await new Promise<void>((resolve, reject) => {
      const timer = timers.after(2 * sessionTimeoutMs, () => {
        stop()
        reject(new Error(`Broker ${nodeId} is already registered and alive. Give this one another node.id.`))
      })
      const stop = follower.onChange((image) => {
        if (image.brokers.has(nodeId)) return
        timer.cancel()
        stop()
        resolve()
      })
    })
  }

  #renewLater(delayMs = this.#options.sessionTimeoutMs / 3): void {
    const { timers, sessionTimeoutMs, follower } = this.#options
    this.#timer = timers.after(delayMs, () => {
      this.#renew().then(
        () => {
          this.#answered()
          // Whoever stood for controller when the store was away did not get through.
          if (follower.image.controllerEpoch === 0) this.#standForController()
          if (!this.#closed) this.#renewLater()
        },
        (error: Error) => {
          this.#unanswered(error)
          // Soon: there is less time left than one more pause.
          if (!this.#closed) this.#renewLater(sessionTimeoutMs / 12)
        },
      )
    })
  }

  /** Why the store did not renew the lease the last time, null when it did. */
  get problem(): Error | null {
    return this.#problem
  }

  #answered(): void {
    if (this.#problem !== null) this.#options.logger.info('The metadata store answers again')
    this.#problem = null
  }

  #unanswered(error: Error): void {
    if (this.#closed) return
    if (this.#problem === null) {
      const text = 'The metadata store does not answer; records are taken and read on, no metadata can be changed'
      this.#options.logger.warn({ err: error }, text)
    }
    this.#problem = error
  }

  /** One at a time: two that find the lease ended would register twice. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #renewOnce(): Promise<void> {
    const { store, follower, clock, logger } = this.#options
    const sentAt = clock.monotonic()
    if (await store.keepAlive(this.#lease)) {
      if (!this.#isUncertain) this.#holdFrom(sentAt)
      else if (!(await this.#wasMade(sentAt))) await this.#register()
      return
    }
    this.#heldUntil = 0
    if (this.#closed) return
    logger.warn('The registration has expired: this process was held up for too long. Registering again')
    await follower.refresh()
    await this.#register()
  }

  /** Whether the registration without an answer was made, under the lease granted for it alone, and says what is to be said now. */
  async #wasMade(sentAt: number): Promise<boolean> {
    const { store, follower, nodeId } = this.#options
    const { entry } = await store.get(brokerKey(nodeId))
    if (entry?.lease === this.#lease && entry.value === this.#brokerValue()) this.#made(entry.createRevision, sentAt)
    else {
      await store.revoke(this.#lease)
      await follower.refresh()
    }
    return !this.#isUncertain
  }

  /** The registration was made by `epoch`, and its lease was alive at `sentAt`. */
  #made(epoch: number, sentAt: number): void {
    this.#isUncertain = false
    this.#epoch = epoch
    this.#holdFrom(sentAt)
  }

  #standForController(): void {
    const { store, logger } = this.#options
    if (this.#closed || this.#isStopping || !this.#isHeld) return
    store.transact({ compares: [absent(controllerKey)], success: [this.#controllerPut()] }).catch((error: Error) => {
      logger.debug({ err: error }, 'Could not stand for controller')
    })
  }

  #holdFrom(sentAt: number): void {
    const { sessionTimeoutMs } = this.#options
    const wasHeld = this.#isHeld
    this.#heldUntil = sentAt + sessionTimeoutMs - sessionTimeoutMs / 6
    if (!wasHeld && this.#isHeld) for (const listener of this.#heldAgain) listener()
  }

  #brokerPut(): Operation {
    return { kind: 'put', key: brokerKey(this.#options.nodeId), value: this.#brokerValue(), lease: this.#lease }
  }

  #brokerValue(): string {
    const { rack, place } = this.#options
    return formatBroker({ listeners: this.#listeners, rack, isStopping: this.#isStopping, place: place() })
  }

  /** What stays known of this broker when it is gone, where it is not known so yet. */
  #knownPuts(): Operation[] {
    const { nodeId, rack, follower } = this.#options
    const known = follower.image.knownBrokers.get(nodeId)
    const value = formatBroker({ listeners: this.#listeners, rack })
    if (this.#listeners.length === 0 || (known !== undefined && formatBroker(known) === value)) return []
    return [{ kind: 'put', key: knownBrokerKey(nodeId), value }]
  }

  #controllerPut(): Operation {
    return { kind: 'put', key: controllerKey, value: formatController(this.#options.nodeId), lease: this.#lease }
  }
}

function absent(key: string): Compare {
  return { key, target: 'createRevision', revision: 0 }
}
