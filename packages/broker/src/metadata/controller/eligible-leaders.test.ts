import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import type { MetadataImage, PartitionImage } from '../image.ts'
import { brokerKey, topicKey } from '../keys.ts'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { idOf, type PartitionFields, withTopic } from '../testing/topic-under-test.ts'
import { formatBroker, formatTopic } from '../values.ts'
import { alterIsr } from './alter-isr.ts'
import { beginBroker } from './begin-broker.ts'
import type { Decision } from './decision.ts'
import { electionType, electLeaders } from './elect-leaders.ts'
import { reassignPartitions } from './reassign-partitions.ts'
import { settleTopic } from './settle-topic.ts'
import { withdrawReplicas } from './withdraw-replicas.ts'

const context = decisionContext({ 'min.insync.replicas': '2' })

/** One partition of brokers 1, 2 and 3, two of which must be in sync, and what happens to it. */
class Story {
  image: MetadataImage

  constructor(fields: Partial<PartitionFields> = {}) {
    this.image = withTopic(clusterImage(1, 2, 3), 't', [{ replicas: [1, 2, 3], ...fields }])
  }

  get partition(): PartitionImage {
    return this.image.topics.get('t')!.partitions[0]!
  }

  /** The leader, who is in sync, who is eligible, and who was. */
  get state(): unknown[] {
    const { leader, isr, elr = [], lastElr = [] } = this.partition
    return [leader, isr, elr, lastElr]
  }

  does(decision: Decision<unknown>): this {
    this.image = after(this.image, decision)
    return this
  }

  settles(): this {
    return this.does(settleTopic(this.image, 't', context))
  }

  dies(id: number): this {
    this.image = after(this.image, { key: brokerKey(id), value: null, base: 0 })
    return this.settles()
  }

  /** Brokers are gone before anybody looks. */
  die(...ids: number[]): this {
    for (const id of ids) this.image = after(this.image, { key: brokerKey(id), value: null, base: 0 })
    return this
  }

  /** A broker comes back: it registers, looks at its partitions, and listens. */
  starts(id: number, { isClean = false, isFlushed = false } = {}): this {
    this.registers(id, [])
    const broker = { id, isClean, isLost: () => false, isMissing: () => false, isFlushed: () => isFlushed }
    this.does(beginBroker(this.image, this.image.topics.get('t')!, broker, context))
    return this.registers(id, [id])
  }

  registers(id: number, ports: number[]): this {
    const listeners = ports.map((port) => ({ name: 'PLAINTEXT', host: 'h', port }))
    this.image = after(this.image, { key: brokerKey(id), value: formatBroker({ listeners, rack: null }), base: 0 })
    return this.settles()
  }

  /** The leader finds these in sync. */
  finds(...isr: number[]): this {
    const { leader, leaderEpoch, partitionEpoch } = this.partition
    const epochs = new Map([...this.image.brokers.values()].map(({ id, epoch }) => [id, epoch]))
    const change = { topicId: idOf('t'), index: 0, leaderEpoch, partitionEpoch, isr }
    const decision = alterIsr(this.image, { nodeId: leader, epochs }, idOf('t'), [change], context)
    assert.equal(errorName(decision.result[0]!.errorCode), 'NONE')
    return this.does(decision)
  }

  withdraws(id: number): this {
    return this.does(withdrawReplicas(this.image, id, idOf('t'), [0], context))
  }
}

describe('replicas that are eligible to lead', () => {
  it('are those that leave while too few are in sync, and nobody once enough are', () => {
    const story = new Story()
    assert.deepEqual(story.dies(3).state, [1, [1, 2], [], []], 'two are enough')
    assert.deepEqual(story.finds(1).state, [1, [1], [2], []])
    assert.deepEqual(story.finds(1, 2).state, [1, [1, 2], [], []])
  })

  it('lead where nobody in sync is alive; who was in sync has all that they have', () => {
    const story = new Story().dies(3).finds(1).dies(1)
    assert.deepEqual(story.state, [2, [2], [1], []])
    assert.equal(story.partition.leaderEpoch, 6)
    assert.deepEqual(story.dies(2).state, [-1, [2], [1], []], 'nobody is alive')
    assert.deepEqual(story.starts(1, { isClean: true }).state, [1, [1], [2], []])
  })

  it('lead only if those in sync are still gone when that is stored: one that registered meanwhile goes on leading', () => {
    const story = new Story().dies(3).finds(1).die(1)
    const { compares } = settleTopic(story.image, 't', context).change!
    assert.deepEqual(compares, [{ key: brokerKey(1), target: 'createRevision', revision: 0 }])
  })

  it('are not those that lost what they had, unless nobody else is left', () => {
    const story = new Story().dies(3).finds(1).dies(1).dies(2)
    assert.deepEqual(story.starts(1).state, [-1, [2], [], [1]])
    assert.deepEqual(story.starts(2).state, [2, [2], [], [1]], 'the last one stays')
    assert.deepEqual(story.finds(2, 1).state, [2, [2, 1], [], []])
  })

  it('wait for the one that may have everything, where the last one in sync lost something', () => {
    const story = new Story().finds(1, 2).finds(1)
    assert.deepEqual(story.dies(2).dies(1).state, [-1, [1], [2], []])
    assert.deepEqual(story.starts(1).state, [-1, [], [2], [1]], 'the last in sync does not lead with what it has left')
    assert.deepEqual(story.starts(2, { isFlushed: true }).state, [2, [2], [], [1]])
  })

  it('do not lead before they have said what they have', () => {
    const story = new Story().dies(3).finds(1).dies(2).dies(1)
    assert.deepEqual(story.state, [-1, [1], [2], []])
    assert.deepEqual(story.registers(2, []).state, [-1, [1], [2], []])
  })

  it('are not thrown out with the ISR by one that lost its power and is back first', () => {
    const story = new Story({ isr: [1, 2] }).die(1, 2)
    assert.deepEqual(story.starts(2).state.slice(0, 2), [-1, [1]], 'what 1 has may be all there is')
    assert.deepEqual(story.starts(1, { isClean: true }).state.slice(0, 2), [1, [1]])
  })

  it('are none where one that was not in sync leads', () => {
    const story = new Story().finds(1, 2).finds(1).dies(2).dies(1)
    const elect = electLeaders(story.image, 't', [0], electionType.unclean, context)
    assert.deepEqual(story.does(elect).state, [3, [3], [], []])
  })

  it('are elected before others where an unclean election is asked for', () => {
    const story = new Story({ isr: [3], leader: 3, elr: [2] }).dies(3)
    assert.deepEqual(story.state, [2, [2], [3], []])
    const lost = new Story({ isr: [], leader: -1, lastElr: [2] })
    const elect = electLeaders(lost.image, 't', [0], electionType.unclean, context)
    assert.deepEqual(lost.does(elect).state, [2, [2], [], []], 'who was known last')
  })

  it('are none any more where fewer must be in sync from now on', () => {
    const story = new Story().dies(3).finds(1)
    const { topicId, partitions } = story.image.topics.get('t')!
    const value = formatTopic({ topicId, partitions, configs: { 'min.insync.replicas': '1' } })
    story.does({ result: 0, change: { key: topicKey('t'), value, base: 0 } }).settles()
    assert.deepEqual(story.state, [1, [1], [], []])
  })

  it('are forgotten where their replica goes', () => {
    const story = new Story().dies(3).finds(1)
    story.does(reassignPartitions(story.image, 't', [{ index: 0, replicas: [1] }])).settles()
    assert.deepEqual(story.state, [1, [1], [], []])
  })
})

describe('a broker that withdraws replicas', () => {
  it('hands over what it led to who is in sync, at once', () => {
    const story = new Story().withdraws(1)
    assert.deepEqual(story.state, [2, [2, 3], [], []])
    const { offline, leaderEpoch, partitionEpoch } = story.partition
    assert.deepEqual([offline, leaderEpoch, partitionEpoch], [[1], 6, 8])
    assert.equal(withdrawReplicas(story.image, 1, idOf('t'), [0], context).change, null, 'once')
  })

  it('leaves the leader as it is where it follows', () => {
    const story = new Story().withdraws(2)
    assert.deepEqual([story.state, story.partition.leaderEpoch], [[1, [1, 3], [], []], 5])
  })

  it('hands over to who is eligible, and is not eligible itself', () => {
    const story = new Story().dies(3).finds(1).withdraws(1)
    assert.deepEqual(story.state, [2, [2], [], [1]])
    assert.deepEqual(story.settles().state, [2, [2], [], [1]])
  })

  it('stays the last one in sync, without a leader, until it starts again or another is made to lead', () => {
    const story = new Story({ isr: [1] }).withdraws(1)
    assert.deepEqual(story.settles().state, [-1, [1], [], []])
    const elect = electLeaders(story.image, 't', [0], electionType.unclean, context)
    assert.deepEqual(new Story({ isr: [1] }).withdraws(1).does(elect).state, [2, [2], [], []])
    const [preferred] = electLeaders(story.image, 't', [0], electionType.preferred, context).result
    assert.equal(errorName(preferred!.errorCode), 'PREFERRED_LEADER_NOT_AVAILABLE')
    story.dies(1).starts(1)
    assert.deepEqual([story.state, story.partition.offline], [[1, [1], [], []], undefined])
  })

  it('is in sync again with its log when it has caught up', () => {
    const story = new Story().withdraws(3).finds(1, 2, 3)
    assert.deepEqual([story.state, story.partition.offline], [[1, [1, 2, 3], [], []], undefined])
  })

  it('waits for the others that were in sync, where it finds its disk dead as it starts first', () => {
    const story = new Story({ isr: [1, 2] }).die(1, 2).registers(2, []).withdraws(2)
    assert.deepEqual(story.registers(2, [2]).state.slice(0, 2), [-1, [1]])
    assert.deepEqual([story.starts(1, { isClean: true }).state.slice(0, 2), story.partition.offline], [[1, [1]], [2]])
  })

  it('says nothing of topics that are gone or that it has no replica of', () => {
    const { image } = new Story({ replicas: [1, 2] })
    assert.equal(errorName(withdrawReplicas(image, 1, idOf('gone'), [0], context).result), 'UNKNOWN_TOPIC_ID')
    assert.equal(withdrawReplicas(image, 3, idOf('t'), [0], context).change, null)
  })
})
