import assert from 'node:assert/strict'
import { it } from 'node:test'
import { getSystemErrorName } from 'node:util'
import { isNoRoom } from './no-room.ts'

it("a quota that is used up is no room, also where the system's number has no name", () => {
  const named = (errno: number) => Object.assign(new Error('write'), { errno, code: getSystemErrorName(errno) })
  assert.deepEqual([-122, -69, -28, -24, -5].map(named).map(isNoRoom), [true, true, true, true, false])
})
