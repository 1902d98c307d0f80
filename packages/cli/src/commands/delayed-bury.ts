import { buryDelayed } from '@odradek/client'
import { orderCommand } from '../delayed-order.ts'

export const delayedBury = orderCommand({
  name: 'delayed bury',
  summary: 'Make dead letters now of retries that wait, instead of retrying them again.',
  exampleTopic: '%RETRY%payments',
  done: 'given up',
  send: buryDelayed,
})
