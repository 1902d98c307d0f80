/**
 * What goes wrong in a simulated cluster: brokers are killed, lose their power and stand still; ways between them are cut, for
 * both or for one direction; the metadata store is cut off, held up and killed; disks fill up and clocks are set. What takes
 * a while is mended by itself, and everything by `heal`.
 */
import type { SimRandom, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import type { ClusterBroker } from './cluster-broker.ts'
import { drawKind, type FaultPace } from './cluster-fault-pace.ts'
import type { ClusterHistory } from './cluster-history.ts'
import type { StoreLife } from './store-life.ts'

type Pair = readonly [number, number]

/** The longest for which one of them has to know of nothing, to be left alone with that. */
const LEFT_MS_MAX = 200
const CLOCK_STEP_MS = 3_000
/** What others leave of a disk that is full. */
const FREE_BYTES_MAX = 20_000
export interface ClusterFaultsOptions {
  readonly world: SimWorld
  readonly random: SimRandom
  readonly history: ClusterHistory
  readonly store: StoreLife
  /** As they are now, by id. */
  readonly brokers: ReadonlyMap<number, ClusterBroker>
  /** Whether the power may fail anywhere: what is acknowledged is on disks. */
  readonly isSync: boolean
  readonly pace: FaultPace
  readonly addressOf: (brokerId: number) => string
  /** The address of clients that are with the others where one broker is parted from all; null for none. */
  readonly colleagues: string | null
  /** A broker is about to die. */
  readonly dying: () => void
  /** A broker has died, and is to be back after so long. */
  readonly died: (broker: ClusterBroker, awayMs: number) => void
  /** All have died of one failure of the power. */
  readonly allLostPower: () => void
}

export class ClusterFaults {
  readonly #options: ClusterFaultsOptions
  readonly #ids: readonly number[]
  /** Those that are under way, to be mended. */
  readonly #mend = new Set<() => void>()
  /** Those whose power failed while they flushed asynchronously, and who have not served since. */
  readonly #lossy = new Set<number>()
  #isOver = false

  constructor(options: ClusterFaultsOptions) {
    this.#options = options
    this.#ids = [...options.brokers.keys()]
  }

  /** Lets things fail now and then until `heal`. */
  start(): void {
    const { world, random, pace } = this.#options
    const meanMs = pace.meansMs[random.below(pace.meansMs.length)]!
    if (pace.amidMax > 0) this.#strikeAmid(pace.amidMsMax[random.below(pace.amidMsMax.length)]!)
    const next = () => {
      world.schedule(random.between(0, 2 * meanMs), 'timer', 'fault', null, () => {
        if (this.#isOver) return
        this.#strike()
        next()
      })
    }
    next()
  }

  /** Strikes, mostly within `msMax`, after what the cluster is was changed: all follow that then, each at its own time. */
  #strikeAmid(msMax: number): void {
    const { world, random, pace, store } = this.#options
    let left = pace.amidMax
    store.onWritten(() => {
      if (this.#isOver || left === 0 || !random.chance(pace.amidChance)) return
      left--
      world.schedule(random.between(0, msMax), 'timer', 'fault', null, () => {
        if (!this.#isOver) this.#strike()
      })
    })
  }

  /** Nothing fails any more. Who is dead comes back, who is held goes on in its time. */
  heal(): void {
    this.#isOver = true
    for (const mend of [...this.#mend]) mend()
  }

  /** Ends all brokers at once with the machine's power. */
  allLosePower(): void {
    for (const each of [...this.#options.brokers.values()]) if (each.host.alive) this.#end(each, 'power')
    this.#options.allLostPower()
  }

  #strike(): void {
    const { random, brokers, isSync, store, pace } = this.#options
    const id = this.#ids[random.below(this.#ids.length)]!
    const others = this.#ids.filter((each) => each !== id)
    const broker = brokers.get(id)!
    const lengthMs = random.between(50, pace.lengthMsMax)
    const kind = drawKind(pace, random)
    switch (kind) {
      case 'crash':
        this.#crash(broker)
        break
      case 'all lose their power':
        if (isSync) this.allLosePower()
        else this.#crash(broker)
        break
      case 'part two':
        // Each still sees everybody else.
        this.#part([[id, others[0]!]], lengthMs)
        break
      case 'part one':
        this.#part(
          others.map((each) => [id, each]),
          lengthMs,
        )
        break
      case 'part one from all':
        // But not from clients: it thinks that it leads.
        this.#part(
          others.map((each) => [id, each]),
          lengthMs,
        )
        this.#cutStore([broker], lengthMs)
        this.#partColleagues(id, lengthMs)
        break
      case 'silence': {
        const heard = random.chance(0.5) ? others : [others[random.below(others.length)]!]
        const isHeardNoMore = random.chance(0.5)
        this.#silence(
          heard.map((each) => (isHeardNoMore ? [id, each] : [each, id])),
          lengthMs,
        )
        break
      }
      case 'cut store':
        this.#cutStore([broker], lengthMs)
        break
      case 'cut store from all':
        this.#cutStore([...brokers.values()], lengthMs)
        break
      case 'hold broker':
        this.#count('holds')
        broker.host.hold(lengthMs)
        break
      case 'hold store':
        this.#count('holds')
        if (store.isAlive) store.host.hold(lengthMs)
        break
      case 'kill store':
        this.#count('crashes')
        // What it says is on its disk: its power may fail whatever the brokers do.
        store.crash(random.chance(0.5) ? 'power' : 'process', random.between(50, pace.awayMsMax))
        break
      case 'leave one':
        this.#leaveOne(broker)
        break
      case 'fill disk':
        this.#fillDisk(broker, lengthMs)
        break
      case 'set clock':
        broker.host.clock.step(random.between(-CLOCK_STEP_MS, CLOCK_STEP_MS))
        break
      default:
        kind satisfies never
    }
  }

  #count(what: 'crashes' | 'cuts' | 'holds' | 'fullDisks'): void {
    this.#options.history.counts[what]++
  }

  #crash(broker: ClusterBroker): void {
    const { isSync, random } = this.#options
    if (!broker.host.alive) return
    const isPower = isSync ? random.chance(0.6) : random.chance(0.5) && this.#isSparable(broker.id)
    this.#kill(broker, isPower ? 'power' : 'process')
  }

  #kill(broker: ClusterBroker, death: 'power' | 'process'): void {
    if (broker.host.alive && !this.#hasToStay(broker.id)) this.#end(broker, death)
  }

  #end(broker: ClusterBroker, death: 'power' | 'process'): void {
    const { world, random, isSync, dying, died, pace } = this.#options
    if (death === 'power' && !isSync) this.#lossy.add(broker.id)
    dying()
    this.#count('crashes')
    world.note(null, `broker ${broker.id} dies: ${death}`)
    broker.host.crash(death)
    died(broker, random.between(50, pace.awayMsMax))
  }

  /**
   * Whether somebody has lost what was only in its page cache and has not been back since, to leave the in-sync replicas. Until
   * then nobody else may die: who begins anew without a clean stop cannot know whether anything was lost, and leaves them too.
   */
  #hasToStay(id: number): boolean {
    const { brokers } = this.#options
    for (const lossy of this.#lossy) {
      const { host, address } = brokers.get(lossy)!
      if (host.alive && address !== null) this.#lossy.delete(lossy)
    }
    return [...this.#lossy].some((lossy) => lossy !== id)
  }

  /** Whether all that a broker has in sync is in sync elsewhere too, at brokers that live. */
  #isSparable(id: number): boolean {
    const { brokers } = this.#options
    const alive = [...brokers.values()].filter((each) => each.host.alive && each.core !== null && each.id !== id)
    const images = alive.map(({ core }) => core!.metadata.image).sort((a, b) => b.revision - a.revision)
    if (images.length < 2) return false
    for (const { partitions } of images[0]!.topics.values()) {
      for (const { isr, replicas } of partitions) if (isr.length < replicas.length) return false
    }
    return true
  }

  #part(pairs: readonly Pair[], lengthMs: number): void {
    const { world, addressOf } = this.#options
    this.#count('cuts')
    for (const [a, b] of pairs) world.wire.part(addressOf(a), addressOf(b))
    world.note(null, `parted: ${JSON.stringify(pairs)}`)
    this.#mendAfter(lengthMs, () => {
      for (const [a, b] of pairs) world.wire.mend(addressOf(a), addressOf(b))
    })
  }

  #partColleagues(id: number, lengthMs: number): void {
    const { world, addressOf, colleagues } = this.#options
    if (colleagues === null) return
    world.wire.part(addressOf(id), colleagues)
    this.#mendAfter(lengthMs, () => world.wire.mend(addressOf(id), colleagues))
  }

  /** Of each pair the second hears the first no more. */
  #silence(pairs: readonly Pair[], lengthMs: number): void {
    const { world, addressOf } = this.#options
    this.#count('cuts')
    for (const [from, to] of pairs) world.wire.silence(addressOf(from), addressOf(to))
    world.note(null, `silenced: ${JSON.stringify(pairs)}`)
    this.#mendAfter(lengthMs, () => {
      for (const [from, to] of pairs) world.wire.unsilence(addressOf(from), addressOf(to))
    })
  }

  #cutStore(brokers: readonly ClusterBroker[], lengthMs: number): void {
    this.#count('cuts')
    for (const { link } of brokers) link.isCut = true
    this.#options.world.note(null, `the store is away from ${brokers.map(({ id }) => id).join(', ')}`)
    this.#mendAfter(lengthMs, () => {
      for (const { link } of brokers) link.isCut = false
    })
  }

  /** One hears of nothing for a while, and the store of nobody; then that one is the only one left. */
  #leaveOne(broker: ClusterBroker): void {
    const { world, random, brokers, isSync } = this.#options
    const others = [...brokers.values()].filter((each) => each !== broker)
    const lengthMs = random.between(5, LEFT_MS_MAX)
    this.#part(
      others.map(({ id }) => [broker.id, id]),
      lengthMs,
    )
    if (random.chance(0.5))
      this.#cutStore(random.chance(0.5) ? others : [others[random.below(others.length)]!], lengthMs)
    world.schedule(lengthMs, 'timer', 'fault', null, () => {
      if (this.#isOver) return
      for (const { id } of others) this.#kill(brokers.get(id)!, isSync && random.chance(0.5) ? 'power' : 'process')
    })
  }

  #fillDisk({ id, host }: ClusterBroker, lengthMs: number): void {
    const { world, random } = this.#options
    this.#count('fullDisks')
    world.note(null, `the disk of broker ${id} is full`)
    host.disk.leaveFree(random.below(FREE_BYTES_MAX))
    this.#mendAfter(lengthMs, () => host.disk.leaveFree(Number.POSITIVE_INFINITY))
  }

  #mendAfter(lengthMs: number, mend: () => void): void {
    const once = () => {
      if (this.#mend.delete(once)) mend()
    }
    this.#mend.add(once)
    this.#options.world.schedule(lengthMs, 'timer', 'mend', null, once)
  }
}
