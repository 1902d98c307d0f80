import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anonymousVisitor } from '../src/access/visitor.ts'
import type { Context } from '../src/context.ts'
import { groupsCsv, topicsCsv } from '../src/http/lists.ts'
import { createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

async function linesOf(file: AsyncIterable<string>): Promise<string[]> {
  let text = ''
  for await (const chunk of file) text += chunk
  return text.split('\r\n').slice(0, -1)
}

test('a list is saved as it is filtered and sorted, all of its pages, with the numbers that come late', async () => {
  await using scene = await ConsoleScene.open({ metadataAgeMaxMs: 0 })
  const { caller } = scene
  const names = Array.from({ length: 60 }, (_, n) => `many-${String(n).padStart(2, '0')}`)
  for (const topic of [...names, 'other']) await caller.topics.create({ cluster, topic })
  const payload = { format: 'text', text: 'x' } as const
  await caller.messages.produce({ cluster, topic: 'many-07', partition: 0, key: payload, value: payload })
  const context = await createContext(scene.console, { header: () => null, remoteAddress: '127.0.0.1' })
  const [head, ...lines] = await linesOf(
    topicsCsv(context, JSON.stringify({ cluster, search: 'MANY', sort: 'records', descending: true })),
  )
  assert.equal(
    head,
    'topic,internal,partitions,replicationFactor,leaderless,underReplicated,offline,records,recordsInPerSecond,sizeBytes',
  )
  assert.equal(lines.length, 60, 'not fifty, as on a page')
  assert.match(lines[0] ?? '', /^many-07,false,1,1,0,0,0,1,\d*(\.\d+)?,[1-9]\d*$/)

  const group = '=1+1,"'
  const plan = { cluster, group, target: { kind: 'offsets', offsets: { other: { 0: 0 } } } } as const
  const { planId } = await caller.groups.resetPlan(plan)
  await caller.groups.resetApply({ cluster, planId, confirm: group })
  await scene.console.session(cluster).sampler.take()
  const groups = await linesOf(groupsCsv(context, JSON.stringify({ cluster })))
  assert.equal(groups[0], 'group,state,type,coordinator,members,clients,topics,lag,lagTrendPerSecond')
  assert.match(groups[1] ?? '', /^"'=1\+1,""",Empty,classic,\d+,0,,other,0,/, 'no spreadsheet computes it')

  const nobody: Context = Object.create(context, { visitor: { value: anonymousVisitor } })
  for (const list of [topicsCsv, groupsCsv]) {
    await assert.rejects(linesOf(list(nobody, JSON.stringify({ cluster }))), { code: 'UNAUTHORIZED' })
    await assert.rejects(linesOf(list(context, JSON.stringify({ cluster, sort: 'colour' }))), { code: 'BAD_REQUEST' })
    await assert.rejects(linesOf(list(context, '{')), { code: 'BAD_REQUEST' })
  }
})
