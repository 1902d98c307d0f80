import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LeadershipProofs } from './leadership-proofs.ts'

class Scene {
  readonly proofs = new LeadershipProofs()
  readonly heard: string[] = []
  inSync: readonly number[] = [2, 3]
  readonly #connections = new Map<string, object>()

  /** A follower asks over its only connection, or over another. */
  ask(id: number, connection = ''): void {
    this.proofs.asked(
      id,
      this.#connections.getOrInsertComputed(`${id} ${connection}`, () => ({})),
    )
    this.proofs.check(this.inSync)
  }

  add(name: string): void {
    this.proofs.add({ reached: (code) => this.heard.push(`${name} ${code}`) })
    this.proofs.check(this.inSync)
  }
}

describe('whether a broker leads still', () => {
  it('is certain when each follower in sync asked with a request that it sent since', () => {
    const scene = new Scene()
    scene.ask(2)
    scene.add('first')
    for (const id of [2, 3, 2]) scene.ask(id)
    assert.deepEqual(scene.heard, [], 'what 3 asked may have been on its way')
    scene.add('second')
    scene.ask(3)
    assert.deepEqual(scene.heard, ['first 0'])
    for (const id of [2, 2, 3]) scene.ask(id)
    assert.deepEqual(scene.heard, ['first 0', 'second 0'])
    assert.equal(scene.proofs.size, 0)
  })

  it('is not certain for two requests over two connections: both may have been on their way', () => {
    const scene = new Scene()
    scene.inSync = [2]
    scene.add('a')
    scene.ask(2, 'cut off')
    scene.ask(2, 'the next')
    assert.deepEqual(scene.heard, [])
    scene.ask(2, 'the next')
    assert.deepEqual(scene.heard, ['a 0'])
  })

  it('does not depend on one that is out of sync, and does on one that came in', () => {
    const scene = new Scene()
    scene.add('a')
    for (const id of [2, 2]) scene.ask(id)
    assert.deepEqual(scene.heard, [])
    scene.inSync = [2]
    scene.proofs.check(scene.inSync)
    assert.deepEqual(scene.heard, ['a 0'])
    scene.add('b')
    scene.inSync = [2, 3]
    for (const id of [2, 2, 3]) scene.ask(id)
    assert.deepEqual(scene.heard, ['a 0'], 'what 3 asked may have been on its way')
    scene.ask(3)
    assert.deepEqual(scene.heard, ['a 0', 'b 0'])
  })

  it('is not told to those who gave up', () => {
    const scene = new Scene()
    const given = { reached: () => scene.heard.push('given up') }
    scene.proofs.add(given)
    scene.add('kept')
    scene.proofs.remove(given)
    assert.equal(scene.proofs.size, 1)
    for (const id of [2, 3, 2, 3]) scene.ask(id)
    assert.deepEqual(scene.heard, ['kept 0'])
  })

  it('is certain at once where nobody else is in sync, and never when it leads no more', () => {
    const scene = new Scene()
    scene.inSync = []
    scene.add('alone')
    assert.deepEqual(scene.heard, ['alone 0'])
    scene.inSync = [2]
    scene.add('lost')
    scene.proofs.fail(6)
    for (const id of [2, 2, 2]) scene.ask(id)
    assert.deepEqual(scene.heard, ['alone 0', 'lost 6'])
  })
})
