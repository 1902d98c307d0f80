import assert from 'node:assert/strict'
import { test } from 'node:test'
import words from '../messages/failures.zh.json' with { type: 'json' }
import names from '../messages/names.zh.json' with { type: 'json' }
import reasons from '../messages/reasons.zh.json' with { type: 'json' }
import type { ApiError } from './api-error.ts'
import { failureTeller } from './failure-teller.ts'

const wrong: ApiError = {
  code: 'BAD_REQUEST',
  message: 'partitions: Too small: expected number to be >=1; replicas: Invalid input',
  fields: [
    { path: 'partitions', message: 'Too small: expected number to be >=1' },
    { path: 'replicas', message: 'Invalid input' },
  ],
}

test('wrong fields are told as the API tells them, and one by one in Chinese', () => {
  assert.deepEqual(failureTeller({}, {})(wrong), wrong)
  assert.match(failureTeller({}, reasons)(wrong).message, /^partitions：[^；]+；replicas：输入有误$/)
  assert.equal(failureTeller({}, reasons, names)(wrong).message, '分区：太小：至少为 1；副本数：输入有误')
})

test('a field within others is told by each of their names; what a person named stays as it is', () => {
  const fields = [
    { path: 'places.0.offset', message: 'Invalid input' },
    { path: 'configs.retention.ms', message: 'Invalid input' },
  ]
  const { message } = failureTeller({}, reasons, names)({ ...wrong, fields })
  assert.equal(message, '位置.0.位移：输入有误；配置.retention.ms：输入有误')
})

test('what was tried is told by the name of the procedure, asked for or followed', () => {
  const tried = (path: string) => {
    const codes = { message: null, tried: { code: 'triedRun', values: { path } }, remedy: null }
    return failureTeller(words, reasons, names)({ code: 'TIMEOUT', message: 'late', codes }).tried
  }
  assert.equal(tried('topics.create'), '执行“创建主题”')
  assert.equal(tried('topics.listLive'), '执行“列出主题”')
  assert.equal(tried('none.such'), '执行“none.such”')
})
