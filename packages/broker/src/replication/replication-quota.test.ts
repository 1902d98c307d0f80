import { deepEqual, equal } from 'node:assert/strict'
import { it } from 'node:test'
import { ManualTime } from '../../test/manual-time.ts'
import { namesReplica, ReplicationQuota } from './replication-quota.ts'

it('what was taken is paid for in time, and rest saves nothing up', () => {
  const time = new ManualTime()
  let rate = 1000
  const quota = new ReplicationQuota(time, () => rate)
  time.advance(60_000)
  equal(quota.delayMs, 0)
  quota.took(500)
  quota.took(1500)
  equal(quota.delayMs, 2000)
  time.advance(1500)
  equal(quota.delayMs, 500)
  time.advance(1500)
  equal(quota.delayMs, 0)
  quota.took(100)
  equal(quota.delayMs, 100)
  rate = Number.MAX_SAFE_INTEGER
  time.advance(1)
  equal(quota.delayMs, 0, 'another rate acts on what is owed')
})

it('a list names replicas by partition and broker, or all', () => {
  const named = (list: string[]) => [namesReplica(list, 0, 1), namesReplica(list, 1, 0), namesReplica(list, 0, 11)]
  deepEqual(
    [named([]), named(['0:1']), named(['1:0', '0:11']), named(['*'])],
    [
      [false, false, false],
      [true, false, false],
      [false, true, true],
      [true, true, true],
    ],
  )
})
