import { deliverDelayed } from '@odradek/client'
import { orderCommand } from '../delayed-order.ts'

export const delayedDeliver = orderCommand({
  name: 'delayed deliver',
  summary: 'Deliver records now that wait.',
  exampleTopic: 'orders',
  done: 'delivered',
  send: deliverDelayed,
})
