import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerConfig } from './broker-config.ts'
import { editDistance, meantWord, nearestWord, unknownKeyText } from './nearest-key.ts'
import { topicConfig } from './topic-config.ts'

test('the distance counts letters put in, left out, replaced and swapped', () => {
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('abc', ''), 3)
  assert.equal(editDistance('retention.ms', 'retention.ms'), 0)
  assert.equal(editDistance('retention.ms', 'retention.mss'), 1)
  assert.equal(editDistance('retention.ms', 'retentoin.ms'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
})

test('the nearest word is found, or null among none', () => {
  assert.deepEqual(nearestWord('strat', ['start', 'broker']), { word: 'start', distance: 1 })
  assert.equal(nearestWord('x', []), null)
})

test('an unknown key is answered with the key that was probably meant', () => {
  assert.equal(unknownKeyText(topicConfig, 'segment.byte'), 'Unknown key "segment.byte". Did you mean "segment.bytes"?')
  assert.equal(unknownKeyText(brokerConfig, 'listener'), 'Unknown key "listener". Did you mean "listeners"?')
  assert.equal(
    unknownKeyText(topicConfig, 'flush.massages.x'),
    'Unknown key "flush.massages.x". Did you mean "flush.messages"?',
  )
})

test("a broker's key asked of a topic is answered with the topic's own", () => {
  assert.equal(unknownKeyText(topicConfig, 'log.roll.ms'), 'Unknown key "log.roll.ms". Did you mean "segment.ms"?')
})

test('a word is meant by another where it is a slip of the hand', () => {
  assert.equal(meantWord('strat', ['start', 'broker']), 'start')
  assert.equal(meantWord('bootstrap', ['data-dir', 'json']), null)
  assert.equal(meantWord('to', ['by', 'set']), null)
  assert.equal(meantWord('x', []), null)
})
