import { openShop, type ShopOptions } from './open-shop.ts'
import { leaveArchive, type ShopMember, startFailing, startMembers } from './shop-consumers.ts'
import { openFailures } from './shop-failures.ts'
import { openReminders, Reminders } from './shop-reminders.ts'

export interface RunningShop {
  /** Records written since it began, the history included or not, and how many a second now. */
  readonly written: number
  close(): Promise<void>
}

/** Orders a second [60]: some 250 records. */
export const ORDERS_PER_SECOND = 60
const TICK_MS = 100

/** Opens the shop and keeps it going: orders at a steady rate, members in its groups. `signal` closes it. */
export async function runShop(
  options: ShopOptions & { readonly ordersPerSecond?: number },
  onFailure: (error: Error) => void,
): Promise<RunningShop> {
  const { shop, writer, cluster } = await openShop(options)
  const rate = options.ordersPerSecond ?? ORDERS_PER_SECOND
  await leaveArchive(options.cluster)
  const members: ShopMember[] = await startMembers(options.cluster)
  const failures = await openFailures(options.cluster, cluster, writer, Date.now())
  if (failures !== null) members.push(await startFailing(options.cluster, writer, failures.retry))
  const reminders = (await openReminders(cluster)) ? new Reminders(options.seed ?? 1) : null
  let written = 0
  let due = performance.now()
  let owed = 0
  let busy = false
  const timer = setInterval(async () => {
    const now = performance.now()
    // After a pause of the machine it does not all come at once.
    owed = Math.min(rate, owed + ((now - due) * rate) / 1000)
    due = now
    if (busy || owed < 1) return
    busy = true
    const orders = Math.floor(owed)
    const records = Array.from({ length: orders }, () => shop.next(Date.now())).flat()
    owed -= orders
    try {
      await writer.write(records)
      const reminded = reminders?.next(orders, Date.now()) ?? []
      await writer.write(reminded)
      written += records.length + reminded.length
    } catch (error) {
      onFailure(error as Error)
    } finally {
      busy = false
    }
  }, TICK_MS)
  return {
    get written() {
      return written
    },
    async close() {
      clearInterval(timer)
      await Promise.all(members.map((member) => member.close()))
      await cluster.close()
    },
  }
}
