import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePayload } from '../../../packages/client/src/messages/decoders/payload.ts'
import { CelFilter } from '../../../packages/client/src/messages/filter/cel-filter.ts'
import reasons from '../messages/reasons.zh.json' with { type: 'json' }
import { reasonTeller } from './reason-words.ts'

const tell = reasonTeller(reasons)
const nothing = { get: () => undefined }

test('why a filter cannot be used is told in Chinese, with its place', () => {
  const problemOf = (expression: string) => {
    try {
      new CelFilter(expression, { key: 'auto', value: 'auto' }, nothing)
    } catch (error) {
      return tell((error as Error).message)
    }
    return null
  }
  assert.equal(problemOf('value.a = 1'), '单个 = 不是比较：请写 ==（第 1 行第 9 列）')
  assert.equal(problemOf('value. =='), '. 后面的内容无法解析（第 1 行第 6 列）')
  assert.equal(problemOf('amount > 1')?.startsWith('消息没有“amount”，只有 key, value'), true)
  for (const expression of ['value.a >', '(1', '"abc', '@', '[1, 2 nix]', 'true AND false', 'a === 1', 'if']) {
    assert.match(problemOf(expression) ?? '', /[\u4e00-\u9fff]/, expression)
  }
})

test('why bytes are not what they were read as is told in Chinese', () => {
  const wrong = [
    ['json', '{"a":'],
    ['json', '{"a" 1}'],
    ['json', 'nothing'],
    ['uuid', 'abc'],
    ['integer', 'abc'],
    ['avro', 'abc'],
    ['offsets', 'a'],
  ] as const
  for (const [decoder, bytes] of wrong) {
    const [problem] = decodePayload(Buffer.from(bytes), decoder, nothing).problems
    assert.match(tell(problem?.reason ?? ''), /[\u4e00-\u9fff].*。?$/, `${decoder}: ${problem?.reason}`)
  }
})

test('a reason that nobody knows stays what it is, within one that is known too', () => {
  assert.equal(tell('something new'), 'something new')
  assert.equal(tell('The cluster cannot be reached: something new'), '无法连接集群：something new')
})
