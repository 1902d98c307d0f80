import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiVersions, Reader, readRequestHeader, Writer, writeResponseHeader } from '@odradek/protocol'
import { FrameReader } from '../../host/frame-reader.ts'
import type { Connection } from '../../host/network.ts'
import { createSimHost, type SimHost, SimWorld } from '../../host/sim/index.ts'
import { PeerError } from './peer-error.ts'
import { Peers } from './peers.ts'

const VERSION = 0
const PORT = 9092

/** A broker that answers ApiVersions with error 0, or does what it is told. */
class FarBroker {
  readonly host: SimHost
  readonly connections: Connection[] = []
  /** Requests that came, by their correlation ids. */
  readonly asked: number[] = []
  isSilent = false
  correlationShift = 0

  constructor(world: SimWorld) {
    this.host = createSimHost(world, { name: 'far', address: '10.0.0.2' })
  }

  async listen(): Promise<void> {
    await this.host.network.listen({ host: '10.0.0.2', port: PORT }, (connection) => {
      this.connections.push(connection)
      const frames = new FrameReader(1_000_000, {
        frame: (buffer, view, start, end) => {
          const header = readRequestHeader(new Reader(buffer, view, start, end), () => false)
          this.asked.push(header.correlationId)
          if (!this.isSilent) this.#answer(connection, header.correlationId + this.correlationShift)
          return true
        },
        badLength: () => connection.destroy(),
      })
      connection.start({
        data: (buffer, view, start, end) => frames.push(buffer, view, start, end),
        ended: () => connection.end(),
        drained() {},
        closed() {},
      })
    })
  }

  #answer(connection: Connection, correlationId: number): void {
    const writer = new Writer()
    writer.int32(0)
    writeResponseHeader(writer, correlationId, false)
    ApiVersions.response.encode(writer, { errorCode: 0, apiKeys: [] }, VERSION)
    writer.patchInt32(0, writer.length - 4)
    connection.send(writer.buffer, 0, writer.length, [], () => {})
  }
}

class Scene {
  readonly world = new SimWorld(1)
  readonly far = new FarBroker(this.world)
  readonly near = createSimHost(this.world, { name: 'near', address: '10.0.0.1' })
  address: { host: string; port: number } | null = { host: '10.0.0.2', port: PORT }
  readonly peers = new Peers({ host: this.near, nodeId: 1, addressOf: () => this.address })

  ask(timeoutMs = 1_000): Promise<unknown> {
    return this.peers.request(2, ApiVersions, VERSION, {}, timeoutMs)
  }

  /** How a request ended. */
  async outcome(asked: Promise<unknown>): Promise<PeerError | 'answered'> {
    const settled = asked.then(
      () => 'answered' as const,
      (error: unknown) => {
        assert.ok(error instanceof PeerError, String(error))
        return error
      },
    )
    return this.world.complete(settled)
  }
}

describe('asking another broker', () => {
  it('keeps one connection, and gives each its answer', async () => {
    const scene = new Scene()
    await scene.far.listen()
    const all = await scene.world.complete(Promise.all(Array.from({ length: 20 }, () => scene.ask())))
    assert.equal(all.length, 20)
    assert.equal(scene.far.connections.length, 1)
    assert.deepEqual(
      scene.far.asked,
      Array.from({ length: 20 }, (_, at) => at + 1),
    )
  })

  it('says that nothing was sent where there is no way, and tries again after a pause', async () => {
    const scene = new Scene()
    scene.address = null
    const unknown = await scene.outcome(scene.ask())
    assert.ok(unknown !== 'answered' && unknown.unsent)
    scene.address = { host: '10.0.0.2', port: PORT }
    const refused = await scene.outcome(scene.ask())
    assert.ok(refused !== 'answered' && /ECONNREFUSED/.test(refused.message), String(refused))
    assert.ok(scene.peers.pauseMs(2, 'request') > 0)
    const tooSoon = await scene.outcome(scene.ask())
    assert.ok(tooSoon !== 'answered' && tooSoon.unsent)
    await scene.far.listen()
    await scene.world.runFor(scene.peers.pauseMs(2, 'request'))
    assert.equal(await scene.outcome(scene.ask()), 'answered')
    assert.equal(scene.peers.pauseMs(2, 'request'), 0)
  })

  it('pauses longer from time to time, but not for ever', async () => {
    const scene = new Scene()
    const pauses: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      await scene.outcome(scene.ask())
      pauses.push(Math.round(scene.peers.pauseMs(2, 'request')))
      await scene.world.runFor(2_000)
    }
    assert.deepEqual(
      pauses,
      [...pauses].sort((a, b) => a - b),
    )
    assert.ok(pauses[0]! < 200 && pauses.at(-1) === 1_000, JSON.stringify(pauses))
    scene.peers.moved(2)
    await scene.far.listen()
    assert.equal(await scene.outcome(scene.ask()), 'answered')
  })

  it('gives up a broker that is silent, and all that waits with it', async () => {
    const scene = new Scene()
    await scene.far.listen()
    scene.far.isSilent = true
    const first = scene.ask(300)
    const second = scene.ask(5_000)
    const ends = await scene.world.complete(Promise.allSettled([first, second]))
    assert.ok(ends.every(({ status }) => status === 'rejected'))
    assert.ok(scene.world.time < 1_000, 'the second does not wait for its own time')
  })

  it('ends a connection whose answers are not to what was asked', async () => {
    const scene = new Scene()
    await scene.far.listen()
    scene.far.correlationShift = 1
    const wrong = await scene.outcome(scene.ask())
    assert.ok(wrong !== 'answered' && /cannot be read/.test(wrong.message), String(wrong))
  })

  it('lets a long poll wait on a connection of its own', async () => {
    const scene = new Scene()
    await scene.far.listen()
    scene.far.isSilent = true
    const question = { api: ApiVersions, version: VERSION, request: {}, timeoutMs: 10_000 }
    let failed: PeerError | null = null
    scene.peers.send(2, 'fetch', question, {
      answered: () => assert.fail('nobody answers'),
      failed: (error) => {
        failed = error
      },
    })
    await scene.world.runUntil(() => scene.far.asked.length === 1)
    scene.far.isSilent = false
    assert.equal(await scene.outcome(scene.ask()), 'answered')
    assert.equal(failed, null)
    scene.peers.interrupt(2, 'fetch')
    assert.ok(failed !== null)
    assert.equal(scene.peers.pauseMs(2, 'fetch'), 0)
  })
})
