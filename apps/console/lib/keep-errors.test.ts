import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { keepErrors } from './keep-errors.ts'

test('a query that failed tells why while it asks again, until it has an answer', async () => {
  const queryClient = new QueryClient()
  keepErrors(queryClient)
  const answers: PromiseWithResolvers<string>[] = []
  const queryFn = () => {
    const answer = Promise.withResolvers<string>()
    answers.push(answer)
    return answer.promise
  }
  const observer = new QueryObserver(queryClient, { queryKey: ['topics'], queryFn, retry: false })
  const stop = observer.subscribe(() => {})
  const told = () => {
    const { data, error, isFetching } = observer.getCurrentResult()
    return [data, error?.message, isFetching]
  }
  const first = observer.refetch({ cancelRefetch: false })
  assert.deepEqual(told(), [undefined, undefined, true])
  answers[0]?.reject(new Error('nobody answers'))
  await first
  const second = observer.refetch()
  assert.deepEqual(told(), [undefined, 'nobody answers', true])
  answers[1]?.reject(new Error('still nobody'))
  await second
  assert.deepEqual(told(), [undefined, 'still nobody', false])
  const third = observer.refetch()
  answers[2]?.resolve('here')
  await third
  assert.deepEqual(told(), ['here', undefined, false])
  const fourth = observer.refetch()
  assert.deepEqual(told(), ['here', undefined, true])
  answers[3]?.reject(new Error('gone'))
  await fourth
  assert.deepEqual(told(), ['here', 'gone', false], 'what was there is kept beside the error')
  stop()
})
