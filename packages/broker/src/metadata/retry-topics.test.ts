import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { candidateNames, decodeGroupId, encodeGroupId } from './retry-topics.ts'
import { topicNameProblem } from './topic-name.ts'

test('group ids that are good topic names stay as they are', () => {
  for (const groupId of ['orders', 'a.b-c_d', 'X_y']) assert.equal(encodeGroupId(groupId), groupId)
  assert.equal(encodeGroupId('a/b'), 'a_x2Fb')
  assert.equal(encodeGroupId('订单'), '_xE8_xAE_xA2_xE5_x8D_x95')
  assert.equal(encodeGroupId('_x41'), '_x5Fx41')
})

test('every group id has names of its own that are good topic names', () => {
  const groupId = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ minLength: 200, maxLength: 400 }),
    fc.constantFrom('_x', '_x5F', '_x5Fx', '_', '__x'),
  )
  fc.assert(
    fc.property(groupId, groupId, (a, b) => {
      for (const name of candidateNames('retry.', a)) assert.equal(topicNameProblem(name), null)
      if (encodeGroupId(a).length < 200) assert.equal(decodeGroupId(encodeGroupId(a)), a.toWellFormed())
      if (a.toWellFormed() !== b.toWellFormed()) {
        assert.notEqual(encodeGroupId(a), encodeGroupId(b))
        assert.equal(new Set([...candidateNames('retry.', a), ...candidateNames('retry.', b)]).size >= 2, true)
        assert.notEqual(candidateNames('retry.', a)[0], candidateNames('retry.', b)[0])
      }
    }),
  )
})

test('what no group id is encoded as is nobody’s', () => {
  for (const name of ['', 'a b', '_x41', '_x5Fy', '_xff', '_xFF']) assert.equal(decodeGroupId(name), null, name)
})
