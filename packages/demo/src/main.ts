/**
 * The process of the sample shop. It is forked and told by its parent what to do; without one it reads its arguments:
 *
 *     node main.ts --bootstrap 127.0.0.1:9092 [--seed 1] [--orders 3000]
 *
 * It ends with its parent, at SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util'
import type { ShopOptions } from './open-shop.ts'
import { type RunningShop, runShop } from './run-shop.ts'
import type { FromShop, ToShop } from './shop-process.ts'

let shop: RunningShop | null = null

function tell(message: FromShop): void {
  process.send?.(message)
}

async function open(options: ShopOptions): Promise<void> {
  try {
    shop = await runShop(options, (error) => process.stderr.write(`odradek demo: ${error.message}\n`))
    process.stdout.write('The sample shop is open\n')
    tell({ kind: 'open' })
    setInterval(() => tell({ kind: 'written', records: shop?.written ?? 0 }), 1_000).unref()
  } catch (error) {
    const { message } = error as Error
    process.stderr.write(`odradek demo: ${message}\n`)
    tell({ kind: 'failed', message })
    process.exit(1)
  }
}

async function end(): Promise<void> {
  await shop?.close()
  process.exit(0)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end())
if (process.send === undefined) {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string', default: '127.0.0.1:9092' },
      seed: { type: 'string', default: '1' },
      orders: { type: 'string', default: '3000' },
    },
  })
  const bootstrap = values.bootstrap.split(',')
  await open({
    cluster: { bootstrap, clientId: 'odradek-demo' },
    seed: Number(values.seed),
    orders: Number(values.orders),
  })
} else {
  process.on('disconnect', () => void end())
  process.on('message', (message: ToShop) => void open(message.options))
}
