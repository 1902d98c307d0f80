import assert from 'node:assert/strict'
import { it } from 'node:test'
import { DescribeConfigs, type DescribeConfigsResponse, Reader, Writer } from '@odradek/protocol'
import { Turn } from '../../host/turn.ts'
import { start } from '../../metadata/testing/simulated-metadata.ts'
import { Exchange } from '../exchange.ts'
import { RequestMemory } from '../request-memory.ts'
import type { ServerConnection } from '../server-connection.ts'
import { describeConfigs } from './describe-configs.ts'

it('makes what all groups have alike once, however many are named', async () => {
  const { metadata, until, stop } = await start()
  const set = [{ name: 'retry.max.times', value: '3', configOperation: 0 }]
  await until(metadata.incrementalAlterConfigs([{ resourceType: 32, resourceName: 'set', configs: set }]))
  const writer = new Writer()
  const resources = ['a', 'b', 'set'].map((resourceName) => ({
    resourceType: 32,
    resourceName,
    configurationKeys: null,
  }))
  const request = { resources, includeSynonyms: true, includeDocumentation: true }
  DescribeConfigs.request.encode(writer, request, 4)
  const host = { clock: { monotonic: () => 0 } }
  const requestMemory = new RequestMemory(new Turn({ after: () => ({ cancel() {} }), endOfTurn() {} }), () => 1e9)
  const connection = {
    broker: { metadata, nodeId: 1, host, requestMemory },
    answered() {},
  } as unknown as ServerConnection
  const exchange = new Exchange(connection, DescribeConfigs as never, 4, 1, null, 0, 0)
  describeConfigs.serve(new Reader(writer.buffer), exchange)
  const answer = exchange.response as DescribeConfigsResponse
  const configsOf = (name: string) => answer.results.find(({ resourceName }) => resourceName === name)!.configs!
  const [a, b, own] = [configsOf('a'), configsOf('b'), configsOf('set')]
  const apart = a.filter((config, at) => config !== b[at]).map(({ name, value }) => [name, value])
  assert.deepEqual(apart, [
    ['retry.topic.name', 'retry.a'],
    ['dlq.topic.name', 'dlq.a'],
  ])
  const triesOf = (configs: typeof a) => configs.find(({ name }) => name === 'retry.max.times')!.value
  assert.equal(triesOf(own), '3')
  assert.notEqual(triesOf(a), '3')
  await stop()
})
