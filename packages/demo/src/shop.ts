import { Random } from './random.ts'
import { encodeClick, encodeShipment } from './shop-schemas.ts'
import type { ShopTopic } from './shop-topics.ts'

/** A record of the shop, ready to be written. */
export interface ShopRecord {
  readonly topic: ShopTopic
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly timestamp: number
}

const CUSTOMERS = 800
const FIRST_ORDER_ID = 9_007_199_254_740_993n
const PRODUCTS = [
  'teapot',
  'lamp',
  'raincoat',
  'notebook',
  '茶杯',
  'chess set',
  'umbrella',
  'headphones',
  'bicycle bell',
  'raclette grill',
]
const CITIES = [
  ['Berlin', 'DE'],
  ['Lyon', 'FR'],
  ['上海', 'CN'],
  ['Praha', 'CZ'],
  ['Porto', 'PT'],
  ['Kyoto', 'JP'],
] as const
const PAGES = ['/', '/search', '/cart', '/checkout', '/product/teapot', '/product/lamp', '/help']
const SOURCES = ['web', 'app', 'partner-api'] as const
const DECLINED = ['insufficient_funds', 'expired_card', 'suspected_fraud'] as const

/**
 * The shop's life, one order after another, the same for the same seed: an order, clicks before it, its payment, now and then
 * a shipment or a customer who changes or leaves. Order ids are beyond 2^53, one payment in some thousands is damaged.
 */
export class Shop {
  readonly #random: Random
  #orders = 0n
  #payments = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** What happens around the next order, at a time in epoch milliseconds. */
  next(at: number): ShopRecord[] {
    const random = this.#random
    const id = FIRST_ORDER_ID + this.#orders
    this.#orders += 1n
    const customer = random.between(1, CUSTOMERS)
    const [city, country] = random.pick(CITIES)
    const source = random.pick(SOURCES)
    const items = Array.from({ length: random.between(1, 4) }, () => ({
      product: random.pick(PRODUCTS),
      quantity: random.between(1, 3),
      cents: random.between(490, 24_900),
    }))
    const cents = items.reduce((sum, item) => sum + item.cents * item.quantity, 0)
    const trace = { key: 'trace-id', value: hex(random, 16) }
    const records: ShopRecord[] = [
      ...this.#clicks(customer, at),
      {
        topic: 'shop.orders',
        key: `customer-${customer}`,
        value: Buffer.from(orderText(id, at, customer, city, country, items, cents)),
        headers: [{ key: 'source', value: source }, trace, { key: 'schema-version', value: '3' }],
        timestamp: at,
      },
      this.#payment(id, cents, at + random.between(80, 900), trace),
    ]
    if (random.next() < 0.4) {
      const orderId = id - BigInt(random.between(0, Math.min(50, Number(this.#orders) - 1)))
      records.push({
        topic: 'shop.shipments',
        key: orderId.toString(),
        value: encodeShipment({
          orderId,
          carrier: random.between(1, 3),
          parcels: Array.from({ length: random.between(1, 2) }, () => `P${hex(random, 4).toUpperCase()}`),
          city,
          country,
          weightKg: random.between(1, 180) / 10,
        }),
        headers: [trace],
        timestamp: at + random.between(1, 40),
      })
    }
    if (random.next() < 0.15) records.push(this.#customer(customer, city, country, at))
    return records
  }

  #clicks(customer: number, at: number): ShopRecord[] {
    const random = this.#random
    const session = hex(random, 8)
    return Array.from({ length: random.between(1, 3) }, (_, index) => ({
      topic: 'shop.clicks',
      key: session,
      value: encodeClick({
        session,
        customer: random.next() < 0.7 ? customer : null,
        page: random.pick(PAGES),
        milliseconds: random.between(12, 4_000),
        device: random.pick(['PHONE', 'TABLET', 'DESKTOP'] as const),
      }),
      headers: [],
      timestamp: at - 500 + index,
    }))
  }

  #payment(order: bigint, cents: number, at: number, trace: { key: string; value: string }): ShopRecord {
    const random = this.#random
    const declined = random.next() < 0.06
    const number = this.#payments++
    const text = `{"orderId":${order},"amount":${decimal(cents)},"currency":"EUR","method":"${random.pick(['card', 'transfer', 'wallet'])}","state":"${declined ? 'declined' : 'paid'}"${declined ? `,"reason":"${random.pick(DECLINED)}"` : ''}}`
    // What a bug upstream once sent: cut off in the middle. The group of the notifications never gets past the first.
    const value = number % 5_000 === 700 ? text.slice(0, text.length / 2) : text
    return {
      topic: 'shop.payments',
      key: order.toString(),
      value: Buffer.from(value),
      headers: [{ key: 'content-type', value: 'application/json' }, trace],
      timestamp: at,
    }
  }

  #customer(customer: number, city: string, country: string, at: number): ShopRecord {
    const leaves = this.#random.next() < 0.05
    const text = `{"id":${customer},"name":"Customer ${customer}","city":${JSON.stringify(city)},"country":"${country}","points":${this.#random.between(0, 5_000)}}`
    return {
      topic: 'shop.customers',
      key: `customer-${customer}`,
      value: leaves ? null : Buffer.from(text),
      headers: [],
      timestamp: at,
    }
  }
}

function orderText(
  id: bigint,
  at: number,
  customer: number,
  city: string,
  country: string,
  items: readonly { readonly product: string; readonly quantity: number; readonly cents: number }[],
  cents: number,
): string {
  const lines = items.map(
    ({ product, quantity, cents: price }) =>
      `{"product":${JSON.stringify(product)},"quantity":${quantity},"price":${decimal(price)}}`,
  )
  return `{"id":${id},"at":"${new Date(at).toISOString()}","customer":{"id":${customer},"city":${JSON.stringify(city)},"country":"${country}"},"items":[${lines.join(',')}],"total":${decimal(cents)},"currency":"EUR"}`
}

/** Cents as a decimal, digit by digit. */
function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
}

function hex(random: Random, bytes: number): string {
  return Array.from({ length: bytes }, () => random.between(0, 255).toString(16).padStart(2, '0')).join('')
}
