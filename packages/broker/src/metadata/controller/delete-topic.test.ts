import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { createTopic, zeroTopicId } from './create-topic.ts'
import { deleteTopic, referenceProblems } from './delete-topic.ts'

const empty = clusterImage(1)
const made = createTopic(
  empty,
  { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  decisionContext(),
)
const image = after(empty, made)
const { topicId } = made.result
const byName = (name: string) => ({ name, topicId: zeroTopicId })
const byId = (id: string) => ({ name: null, topicId: id })

describe('deleting a topic', () => {
  it('finds it by name or id, and answers both', () => {
    for (const reference of [byName('t'), byId(topicId)]) {
      const decision = deleteTopic(image, reference, decisionContext())
      assert.deepEqual(decision.result, { name: 't', topicId, errorCode: 0, errorMessage: null })
      assert.equal(after(image, decision).topics.size, 0)
      assert.equal(decision.change?.base, image.topics.get('t')?.modRevision)
    }
  })

  it('does not find what is not there', () => {
    const unknown = deleteTopic(image, byName('u'), decisionContext())
    assert.deepEqual([errorName(unknown.result.errorCode), unknown.result.name], ['UNKNOWN_TOPIC_OR_PARTITION', 'u'])
    const id = 'x'.repeat(22)
    const unknownId = deleteTopic(image, byId(id), decisionContext())
    assert.deepEqual(
      [errorName(unknownId.result.errorCode), unknownId.result.name, unknownId.result.topicId],
      ['UNKNOWN_TOPIC_ID', null, id],
    )
    assert.deepEqual([unknown.change, unknownId.change], [null, null])
  })

  it('is refused where it is switched off', () => {
    const { result, change } = deleteTopic(image, byName('t'), decisionContext({ 'delete.topic.enable': 'false' }))
    assert.equal(errorName(result.errorCode), 'TOPIC_DELETION_DISABLED')
    assert.equal(change, null)
  })

  it('is refused for references that contradict themselves or each other', () => {
    assert.deepEqual(referenceProblems(image, [byName('t'), byName('u'), byId('x'.repeat(22))]), [null, null, null])
    const twice = 'The request names the same topic twice.'
    assert.deepEqual(referenceProblems(image, [byName('t'), byName('u'), byId(topicId)]), [twice, null, twice])
    assert.deepEqual(referenceProblems(image, [byName('u'), byName('u')]), [twice, twice])
    assert.deepEqual(referenceProblems(image, [byId(zeroTopicId), { name: 't', topicId }]), [
      'Neither the name nor the id of the topic is given.',
      'Give the name or the id of the topic, not both.',
    ])
  })
})
