/** Timed messages of the shop: a customer who left a full cart is reminded later. Only brokers of Odradek keep them. */
import { type Cluster, createTopic, KafkaError } from '@odradek/client'
import { Random } from './random.ts'
import type { WritableRecord } from './record-writer.ts'

export const REMINDERS_TOPIC = 'shop.reminders'

/** One of so many orders leaves a reminder behind. */
const EVERY_ORDERS = 20
const DELAYS_SECONDS = [30, 60, 300, 900, 3_600, 86_400] as const

/** Makes the topic. False where the cluster has no timed messages. */
export async function openReminders(cluster: Cluster): Promise<boolean> {
  const configs = { 'message.type': 'DELAY', 'intake.delete.allow': 'true', 'retention.ms': '86400000' }
  try {
    await createTopic(cluster, { name: REMINDERS_TOPIC, partitions: 2, configs })
    return true
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    if (error.errorName === 'TOPIC_ALREADY_EXISTS') return true
    if (['INVALID_CONFIG', 'INVALID_REQUEST', 'POLICY_VIOLATION'].includes(error.errorName)) return false
    throw error
  }
}

export class Reminders {
  readonly #random: Random
  #orders = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** The reminders that so many further orders leave behind. */
  next(orders: number, at: number): WritableRecord[] {
    const records: WritableRecord[] = []
    for (let n = 0; n < orders; n++) {
      if (this.#orders++ % EVERY_ORDERS !== 0) continue
      const customer = `customer-${this.#random.between(1, 800)}`
      const delay = this.#random.pick(DELAYS_SECONDS)
      records.push({
        topic: REMINDERS_TOPIC,
        key: customer,
        value: Buffer.from(JSON.stringify({ customer, about: 'cart', items: this.#random.between(1, 5) })),
        headers: [{ key: 'TIMER_DELAY_SEC', value: String(delay) }],
        timestamp: at,
      })
    }
    return records
  }
}
