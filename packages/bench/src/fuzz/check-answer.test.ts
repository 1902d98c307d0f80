import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListGroups, Writer, writeResponseHeader } from '@odradek/protocol'
import { encodeRequest } from '../load/control-client.ts'
import { checkAnswer, WrongAnswer } from './check-answer.ts'

const asked = encodeRequest(ListGroups, 0, 5, {})

function answer(correlationId: number, errorCode: number, tail = 0): Buffer {
  const writer = new Writer()
  writer.int32(0)
  writeResponseHeader(writer, correlationId, false)
  ListGroups.response.encode(writer, { errorCode, groups: [] }, 0)
  for (let at = 0; at < tail; at += 1) writer.int8(0)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

test('an answer to what was asked is decoded', () => {
  assert.deepEqual(checkAnswer(asked, answer(5, 15)), { throttleTimeMs: 0, errorCode: 15, groups: [] })
})

const wrong: readonly (readonly [string, Buffer, Buffer, RegExp])[] = [
  ['to another question', asked, answer(6, 0), /answer 6 came where 5 was due/],
  ['with bytes too many', asked, answer(5, 0, 1), /1 bytes follow the ListGroups answer/],
  ['that ends too soon', asked, answer(5, 0).subarray(0, 11), /ListGroups version 0: /],
  ['with an error of the broker’s own', asked, answer(5, -1), /UNKNOWN_SERVER_ERROR/],
  ['to an API that is not there', withKey(999), answer(5, 0), /API key 999 was answered/],
  ['to a version that is not there', withVersion(99), answer(5, 0), /ListGroups version 99 was answered/],
]
for (const [what, sent, said, why] of wrong) {
  test(`an answer ${what} is wrong`, () => {
    assert.throws(
      () => checkAnswer(sent, said),
      (error: Error) => error instanceof WrongAnswer && why.test(error.message),
    )
  })
}

function withKey(key: number): Buffer {
  const frame = Buffer.from(asked)
  frame.writeInt16BE(key, 4)
  return frame
}

function withVersion(version: number): Buffer {
  const frame = Buffer.from(asked)
  frame.writeInt16BE(version, 6)
  return frame
}
