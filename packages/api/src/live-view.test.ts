import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveView } from './live-view.ts'

/** A sampler whose looks the test gives: one for each question that was asked before. */
function looksOf(given: readonly 'look'[] | 'never') {
  return {
    async *looks() {
      if (given === 'never') await new Promise(() => {})
      for (const _ of given) yield null
    },
  }
}

test('a view is told when it has changed; null where it cannot be had, and it is told anew once it can', async () => {
  const views = [{ lag: 1 }, { lag: 1 }, { lag: 2 }, new Error('away'), new Error('away'), { lag: 2 }, { lag: 2 }]
  const left = [...views]
  const load = async () => {
    const view = left.shift()
    if (view instanceof Error) throw view
    return view
  }
  const told = await Array.fromAsync(liveView(looksOf(views.map(() => 'look')), undefined, load, { ageMsMax: 60_000 }))
  assert.deepEqual(told, [{ lag: 1 }, { lag: 2 }, null, { lag: 2 }])
})

test('what is dear is loaded once in its rest, however many looks there are, and again after it', async () => {
  let loaded = 0
  const load = async () => ({ loaded: ++loaded })
  const looks = ['look', 'look', 'look', 'look'] as const
  const told = await Array.fromAsync(liveView(looksOf(looks), undefined, load, { restMs: 60_000, ageMsMax: 60_000 }))
  assert.deepEqual(told, [{ loaded: 1 }])
  const changed = { restMs: 60_000, ageMsMax: 60_000, changes: () => Math.min(loaded, 3) }
  const after = await Array.fromAsync(liveView(looksOf(looks), undefined, load, changed))
  assert.deepEqual(
    after,
    [{ loaded: 2 }, { loaded: 3 }, { loaded: 4 }],
    'after each change once more, and not after none',
  )

  const views = liveView(looksOf('never'), undefined, load, { restMs: 20, ageMsMax: 1 })
  const next = async () => (await views.next()).value
  assert.deepEqual([await next(), await next()], [{ loaded: 5 }, { loaded: 6 }], 'without a look, too')
  void views.return(undefined)
})
