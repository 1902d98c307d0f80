/**
 * The replicas of a partition as its leader sees them: what the metadata says, what followers have asked for, and what
 * follows from both. It decides who is to be in sync; that is so when the metadata says it.
 *
 *   in sync     the metadata says so
 *   coming in   asked for, and perhaps so already: what is committed must be on them too
 */
import { errors } from '@odradek/protocol'
import type { Clock } from '../host/clock.ts'
import { FollowerProgress } from './follower-progress.ts'

/** What a leader needs to know of the cluster. */
export interface ClusterView {
  /** This broker. */
  readonly nodeId: number
  readonly clock: Pick<Clock, 'monotonic'>
  /** The epoch of a broker's registration; -1 while it has none. */
  brokerEpoch(id: number): number
  /**
   * Whether this broker's lease, with which it is registered in the image, has certainly not ended: then nobody has elected
   * another because this one was gone, however old the image is.
   */
  isCertainlyAlive(): boolean
  /** Whether consumers read from followers, which then are told at once how far they may. [false] */
  readonly servesFromFollowers?: () => boolean
}

/** Who has replicas, as the metadata says. */
export interface ReplicaSets {
  /** Rises with every change of what the metadata says of the partition. */
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Those that may lead where nobody in sync can: as long as there are any, nothing more is committed (KIP-966). */
  readonly elr?: readonly number[]
  /** Those whose log cannot be used, though their broker may be alive. */
  readonly offline?: readonly number[]
}

export class InSyncReplicas {
  readonly #cluster: ClusterView | null
  /** Where the log ended when this broker began to lead. */
  readonly #epochStart: number
  #sets: ReplicaSets
  readonly #comingIn = new Set<number>()
  #isAltering = false
  /** Null while there is no other replica: then nothing of it costs anything. */
  #followers: FollowerProgress | null = null

  /** `cluster` may be null where there are no other replicas. */
  constructor(cluster: ClusterView | null, sets: ReplicaSets, epochStart: number) {
    this.#cluster = cluster
    this.#sets = sets
    this.#epochStart = epochStart
    this.#watch()
  }

  get sets(): ReplicaSets {
    return this.#sets
  }

  /** What is known of the followers; null where there are none. */
  get followers(): FollowerProgress | null {
    return this.#followers
  }

  /**
   * Those that may have been made leader in this one's place: who is in sync, or about to be, and who is eligible. Eligible ones
   * lead only where this one is gone, so that those that are gone themselves do not count as long as it certainly is not;
   * otherwise they may be back, and the image too old to tell.
   */
  get followersThatMayLead(): number[] {
    const cluster = this.#cluster
    const { isr, elr = [], offline = [] } = this.#sets
    const isHere = (id: number) => cluster !== null && cluster.brokerEpoch(id) >= 0 && !offline.includes(id)
    const eligible = elr.length > 0 && cluster?.isCertainlyAlive() === true ? elr.filter(isHere) : elr
    const ids = new Set([...isr, ...this.#comingIn, ...eligible])
    return [...ids].filter((id) => id !== cluster?.nodeId)
  }

  /** Follows the metadata. */
  follow(sets: ReplicaSets): void {
    if (sets.partitionEpoch !== this.#sets.partitionEpoch) this.#comingIn.clear()
    this.#sets = sets
    this.#watch()
  }

  /**
   * Whether so many are in sync as must be, of as many as there are. Where the metadata has eligible ones they are too few,
   * whatever `minInsync` is thought to be here.
   */
  hasMin(minInsync: number): boolean {
    const { isr, elr, replicas } = this.#sets
    return elr === undefined && isr.length >= Math.min(minInsync, replicas.length)
  }

  /** All below what is returned may be committed, given that all below `ownOffset` is on this broker; -1 for nothing more. */
  committable(ownOffset: number, minInsync: number): number {
    if (this.#followers === null) return ownOffset
    return this.hasMin(minInsync) ? this.#followers.commonOffset(ownOffset) : -1
  }

  /** Nothing below it is left on any replica that can be used, given where this broker's log begins. */
  lowWatermark(startOffset: number): number {
    const cluster = this.#cluster
    if (this.#followers === null || cluster === null) return startOffset
    let least = startOffset
    for (const id of this.#sets.replicas) {
      const isUsable = cluster.brokerEpoch(id) >= 0 && this.#sets.offline?.includes(id) !== true
      if (id === cluster.nodeId || !isUsable) continue
      least = Math.min(least, this.#followers.startOffsetOf(id))
    }
    return least
  }

  /**
   * A follower, whose log begins at `startOffset`, asks for `offset` in the name of a registration; the leader's ends at
   * `leaderEnd`. Returns whether it was further than ever before.
   */
  asked(id: number, brokerEpoch: number, offset: number, startOffset: number, leaderEnd: number): boolean {
    const now = this.#cluster!.clock.monotonic()
    return this.#followers!.asked(id, brokerEpoch, offset, leaderEnd, now, startOffset)
  }

  /** Who is to be in sync now that a follower has asked, which may come in by it; null where nothing changes. */
  withComer(id: number, highWatermark: number): readonly number[] | null {
    const { isr } = this.#sets
    if (isr.includes(id) || this.#isAltering) return null
    const brokerEpoch = this.#cluster!.brokerEpoch(id)
    const mayComeIn = brokerEpoch >= 0 && this.#followers!.mayComeIn(id, brokerEpoch, highWatermark, this.#epochStart)
    if (!mayComeIn) return null
    this.#comingIn.add(id)
    return this.#alter([...isr, id])
  }

  /** Who is to be in sync, without those that have lagged for longer than `lagMs`; null where nothing changes. */
  withoutLaggards(leaderEnd: number, lagMs: number): readonly number[] | null {
    if (this.#followers === null || this.#isAltering) return null
    const { isr } = this.#sets
    const laggards = this.#followers.laggards(isr, leaderEnd, this.#cluster!.clock.monotonic(), lagMs)
    return laggards.length === 0 ? null : this.#alter(isr.filter((id) => !laggards.includes(id)))
  }

  /**
   * A change that was asked for is decided: done (the metadata said so before this), refused, or, with REQUEST_TIMED_OUT,
   * nobody knows: then those that were to come in count until the metadata says something else, or that they are gone.
   */
  decided(errorCode: number): void {
    this.#isAltering = false
    if (errorCode === errors.REQUEST_TIMED_OUT.code) {
      this.forgetGoneComers()
      return
    }
    this.#comingIn.clear()
    this.#watch()
  }

  /**
   * Where nobody knows whether a change was stored, and one that was to come in is gone: it could only be stored while that was
   * registered, and the metadata comes in order, so that it says by now who came in. Returns whether one does not count any more.
   */
  forgetGoneComers(): boolean {
    if (this.#isAltering) return false
    const gone = [...this.#comingIn].filter((id) => this.#cluster!.brokerEpoch(id) < 0)
    for (const id of gone) this.#comingIn.delete(id)
    if (gone.length > 0) this.#watch()
    return gone.length > 0
  }

  #alter(isr: readonly number[]): readonly number[] {
    this.#isAltering = true
    this.#watch()
    return isr
  }

  #watch(): void {
    const cluster = this.#cluster
    const { replicas, isr } = this.#sets
    if (cluster === null || replicas.length <= 1) {
      this.#followers = null
      return
    }
    const now = cluster.clock.monotonic()
    const counted = this.#comingIn.size === 0 ? isr : [...new Set([...isr, ...this.#comingIn])]
    if (this.#followers === null) this.#followers = new FollowerProgress(cluster.nodeId, replicas, counted, now)
    else this.#followers.follow(replicas, counted, now)
  }
}
