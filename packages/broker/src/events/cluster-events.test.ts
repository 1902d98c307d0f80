import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BatchCursor,
  type ClusterEvent,
  clusterEventsTopic,
  decodeClusterEvent,
  errors,
  RecordCursor,
  sliceOf,
} from '@odradek/protocol'
import { pino } from 'pino'
import { ManualTime } from '../../test/manual-time.ts'
import { MemoryPartition } from '../../test/memory-partition.ts'
import { Turn } from '../host/turn.ts'
import { MetadataImage } from '../metadata/image.ts'
import { ImageDraft } from '../metadata/image-draft.ts'
import { brokerKey, controllerKey } from '../metadata/keys.ts'
import { withTopic } from '../metadata/testing/topic-under-test.ts'
import { formatBroker, formatController } from '../metadata/values.ts'
import { ClusterEvents } from './cluster-events.ts'

/** Brokers that see the same images, and the log that one of them leads. */
class Scene {
  readonly time = new ManualTime()
  readonly turn = new Turn(this.time)
  image = MetadataImage.empty
  readonly nodes: ClusterEvents[] = []
  readonly made: number[] = []
  log = new MemoryPartition(this.turn)

  /** Another broker that is there from now on. */
  node(): ClusterEvents {
    const id = this.nodes.length
    const events = new ClusterEvents({
      clock: this.time,
      timers: this.time,
      turn: this.turn,
      logger: pino({ level: 'silent' }),
      image: () => this.image,
      isController: () => this.image.controllerId === id,
      createTopic: () => this.made.push(id),
    })
    this.nodes.push(events)
    return events
  }

  /** One change of the store, and the end of the turn in which the brokers hear of it. */
  change(edit: (draft: ImageDraft, revision: number) => void): void {
    const previous = this.image
    const revision = previous.revision + 1
    const draft = new ImageDraft(previous)
    edit(draft, revision)
    const { image, change } = draft.finish(revision)
    this.image = image
    for (const node of this.nodes) node.follow(image, previous, change)
    this.time.endTurn()
  }

  up(id: number): void {
    this.change((draft, revision) => {
      const value = formatBroker({ listeners: [], rack: null })
      draft.put({ key: brokerKey(id), value, createRevision: revision, modRevision: revision })
    })
  }

  down(id: number): void {
    this.change((draft) => draft.delete(brokerKey(id)))
  }

  controller(id: number): void {
    this.change((draft, revision) => {
      const value = formatController(id)
      draft.put({ key: controllerKey, value, createRevision: revision, modRevision: revision })
    })
  }

  lead(node: ClusterEvents): void {
    node.led(this.log)
    this.time.endTurn()
  }

  /** What is in the log, in short. */
  get written(): string[] {
    const events: ClusterEvent[] = []
    for (const bytes of this.log.batches) {
      const batches = new BatchCursor(sliceOf(bytes))
      while (batches.next()) {
        const records = new RecordCursor()
        records.openAt(bytes, sliceOf(bytes).view, batches.start, batches.end)
        while (records.next()) events.push(decodeClusterEvent(records.value()!)!)
      }
    }
    return events.map((event) => ('broker' in event ? `${event.kind} ${event.broker}` : event.kind))
  }
}

describe('the history of a cluster', () => {
  it('is written by whoever leads it, and goes on with what that one did not come to write', () => {
    const scene = new Scene()
    const [a, b] = [scene.node(), scene.node()]
    scene.up(1)
    scene.lead(a)
    scene.up(2)
    deepEqual(scene.written, ['brokerUp 1', 'brokerUp 2'])
    a.lost()
    scene.up(3)
    scene.down(1)
    equal(scene.written.length, 2, 'nobody leads')
    scene.lead(b)
    deepEqual(scene.written, ['brokerUp 1', 'brokerUp 2', 'brokerUp 3', 'brokerDown 1'])
    b.lost()
    scene.lead(a)
    equal(scene.written.length, 4, 'nothing comes twice')
  })

  it('tells of brokers that came and went when nobody was there to write it', () => {
    const scene = new Scene()
    scene.lead(scene.node())
    scene.up(1)
    scene.up(2)
    scene.controller(1)
    const log = scene.log
    const later = new Scene()
    later.log = log
    later.up(9)
    later.up(2)
    later.up(3)
    later.controller(3)
    later.lead(later.node())
    deepEqual(later.written.slice(3).toSorted(), ['brokerDown 1', 'brokerUp 3', 'brokerUp 9', 'controllerElected 3'])
  })

  it('waits where the log takes nothing, and loses nothing by it', () => {
    const scene = new Scene()
    scene.lead(scene.node())
    scene.log.appendError = errors.NOT_ENOUGH_REPLICAS.code
    scene.up(1)
    scene.log.appendError = errors.NONE.code
    scene.log.diskError = new Error('EIO')
    scene.up(2)
    scene.time.advance(1_000)
    equal(scene.written.length, 0)
    scene.log.diskError = null
    scene.time.advance(1_000)
    deepEqual(scene.written, ['brokerUp 1', 'brokerUp 2'])
  })

  it('is begun by the controller, some time after a second broker came', () => {
    const scene = new Scene()
    scene.node()
    scene.node()
    scene.controller(1)
    scene.up(1)
    scene.time.advance(60_000)
    deepEqual(scene.made, [], 'one alone has none')
    scene.up(2)
    scene.time.advance(4_000)
    scene.up(3)
    scene.time.advance(4_000)
    deepEqual(scene.made, [], 'more may be about to come')
    scene.time.advance(1_000)
    deepEqual(scene.made, [1])
    scene.image = withTopic(scene.image, clusterEventsTopic, [{ replicas: [1, 2] }])
    scene.up(4)
    scene.time.advance(60_000)
    deepEqual(scene.made, [1], 'it is there')
  })
})
