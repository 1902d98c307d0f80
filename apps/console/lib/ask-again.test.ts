import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { askAgain } from './ask-again.ts'

/** A query that somebody looks at, whose answers the test gives. */
function watched(queryClient: QueryClient) {
  const asked: PromiseWithResolvers<string>[] = []
  const queryFn = () => {
    const question = Promise.withResolvers<string>()
    asked.push(question)
    return question.promise
  }
  const observer = new QueryObserver(queryClient, { queryKey: ['topics'], queryFn, retry: false })
  return { asked, state: () => observer.getCurrentResult(), stop: observer.subscribe(() => {}) }
}

test('a question that is under way is not asked anew: the first answer is why it cannot be had', async () => {
  const queryClient = new QueryClient()
  const { asked, state, stop } = watched(queryClient)
  const done = askAgain(queryClient, { queryKey: ['topics'] })
  asked[0]?.reject(new Error('nobody answers'))
  await done
  assert.equal(asked.length, 1)
  assert.equal(state().error?.message, 'nobody answers')
  await askAgain(queryClient, { queryKey: ['topics'] })
  assert.equal(asked.length, 1, 'it has told so')
  stop()
})

test('an answer to a question from before is asked for once more; one that is not under way, once', {
  timeout: 60_000,
}, async () => {
  const queryClient = new QueryClient()
  const { asked, state, stop } = watched(queryClient)
  const done = askAgain(queryClient, { queryKey: ['topics'] })
  asked[0]?.resolve('what was there')
  while (asked.length < 2) await new Promise(setImmediate)
  asked[1]?.reject(new Error('gone'))
  await done
  assert.equal(state().error?.message, 'gone')
  const again = queryClient.invalidateQueries({ queryKey: ['topics'] })
  asked[2]?.resolve('back')
  await again
  const later = askAgain(queryClient, { queryKey: ['topics'] })
  asked[3]?.resolve('newer')
  await later
  assert.deepEqual([asked.length, state().data], [4, 'newer'])
  stop()
})
