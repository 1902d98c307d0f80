import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkPatch, mutantPatches } from './patches.ts'

describe('the mutants', () => {
  it('are there, and each says what it breaks', () => {
    assert.ok(mutantPatches().length > 20)
  })

  for (const patch of mutantPatches()) {
    it(`${patch.name} still applies to the tree (node packages/simulator/src/main.ts mutants ${patch.name} runs it)`, async () => {
      assert.equal(await checkPatch(patch), null)
    })
  }
})
