import { recallDelayed } from '@odradek/client'
import { orderCommand } from '../delayed-order.ts'

export const delayedRecall = orderCommand({
  name: 'delayed recall',
  summary: 'Take records back that wait: they will not be delivered.',
  exampleTopic: 'orders',
  done: 'recalled',
  send: recallDelayed,
})
