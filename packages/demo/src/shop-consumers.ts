import type { ClusterOptions } from '@odradek/client'
import { Consumer, type Message } from '@platformatic/kafka'
import type { RecordWriter } from './record-writer.ts'
import { FAILING_GROUP, failedRecord, failureOf } from './shop-failures.ts'
import type { shopGroups } from './shop-topics.ts'

/** A member of a group that can be sent away. */
export interface ShopMember {
  close(): Promise<void>
}

type Bytes = Message<Buffer, Buffer, Buffer, Buffer>

/**
 * The shop's consumers, real members of real groups: billing keeps up, analytics takes a message at a time and lags more and
 * more, notifications stops at the first payment that it cannot read and tries that one again for ever.
 */
export async function startMembers(cluster: ClusterOptions): Promise<ShopMember[]> {
  return Promise.all([
    member(cluster, 'shop-billing', ['shop.orders', 'shop.payments'], async () => true),
    member(cluster, 'shop-analytics', ['shop.orders'], async () => {
      await pause(40)
      return true
    }),
    member(cluster, 'shop-notifications', ['shop.payments'], async ({ value }) => isWhole(value)),
  ])
}

/** The member that fails with some orders, and sends them to its group's retry topic, which it reads too. */
export async function startFailing(cluster: ClusterOptions, writer: RecordWriter, retry: string): Promise<ShopMember> {
  return member(cluster, FAILING_GROUP, ['shop.orders', retry], async (message) => {
    const error = failureOf(message)
    if (error !== null) await writer.write([failedRecord(message, retry, error)])
    return true
  })
}

/** Once: a group that read the beginning of the orders and went away. */
export async function leaveArchive(cluster: ClusterOptions): Promise<void> {
  let seen = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const archive = await member(cluster, 'shop-archive', ['shop.orders'], async () => {
    seen++
    if (seen === 500) resolve()
    return seen <= 500
  })
  await Promise.race([promise, pause(10_000)])
  await pause(300)
  await archive.close()
}

const COMMIT_EVERY = 50

/** Reads as a member of a group; a message that `handle` refuses is where it stays. */
async function member(
  cluster: ClusterOptions,
  groupId: (typeof shopGroups)[number],
  topics: string[],
  handle: (message: Bytes) => Promise<boolean>,
): Promise<ShopMember> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    groupId,
    clientId: groupId,
    bootstrapBrokers: [...cluster.bootstrap],
    autocommit: false,
    ...(cluster.tls && { tls: cluster.tls }),
    ...(cluster.sasl && { sasl: cluster.sasl }),
  })
  const stream = await consumer.consume({ topics, mode: 'committed', fallbackMode: 'earliest', maxWaitTime: 500 })
  let closed = false
  const run = async () => {
    let taken = 0
    for await (const message of stream) {
      while (!(await handle(message))) {
        if (closed) return
        await pause(1_000)
      }
      taken++
      if (taken % COMMIT_EVERY === 0) await message.commit()
      if (closed) return
    }
  }
  const done = run().catch((error: Error) => {
    if (!closed) process.stderr.write(`${groupId}: ${error.message}\n`)
  })
  return {
    async close() {
      closed = true
      await Promise.race([stream.close(), pause(3_000)]).catch(() => {})
      await Promise.race([done, pause(2_000)])
      await consumer.close(true).catch(() => {})
    },
  }
}

function isWhole(value: Buffer | null): boolean {
  return value === null || value.at(-1) === 0x7d
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
