import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  assert.match(failureTeller({}, reasons)(wrong).message, /^partitions: [^；]+；replicas: 输入有误$/)
})
