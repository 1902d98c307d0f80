import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createSimHost } from '../host/sim/index.ts'
import { CheckpointFile } from './checkpoint-file.ts'

it('a checkpoint that the disk has no room for leaves no file open', async () => {
  const host = createSimHost(1)
  host.disk.makeDirectory('/data')
  let openCount = 0
  const open = host.disk.open.bind(host.disk)
  host.disk.open = (path, mode) => {
    const file = open(path, mode)
    const close = file.close.bind(file)
    openCount++
    file.close = () => {
      openCount--
      close()
    }
    return file
  }
  const failures: Error[] = []
  const checkpoint = new CheckpointFile(host.disk, '/data/checkpoint', (error) => failures.push(error))
  host.disk.failNext('write', 'ENOSPC', 3)
  for (let at = 0; at < 3; at++) checkpoint.write(`text ${at}`)
  assert.deepEqual([failures.length, openCount], [3, 0])
  checkpoint.write('text')
  await host.world.complete(checkpoint.idle())
  assert.deepEqual([failures.length, openCount], [3, 0])
  assert.equal(host.disk.readFile('/data/checkpoint')?.toString(), 'text')
})
