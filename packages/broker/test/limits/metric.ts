import type { Broker } from '../../src/index.ts'

/** The value of one sample of `/metrics` now, named with its labels as it is written there; 0 where it is not there. */
export async function metric(broker: Broker, sample: string): Promise<number> {
  const text = await (await fetch(`http://${broker.adminAddress}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `))
  return line === undefined ? 0 : Number(line.slice(sample.length + 1))
}
