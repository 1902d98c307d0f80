import { IncrementalAlterConfigs } from '@odradek/protocol'
import { type ControlClient, check } from './load/control-client.ts'

const TOPIC = 2
const BROKER = 4
const SET = 0

/** Sets keys of a topic, or of all brokers where none is named, while they run. */
export async function setConfigs(
  client: ControlClient,
  topic: string | null,
  configs: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { responses } = await client.send(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: topic === null ? BROKER : TOPIC,
        resourceName: topic ?? '',
        configs: Object.entries(configs).map(([name, value]) => ({ name, configOperation: SET, value: String(value) })),
      },
    ],
    validateOnly: false,
  })
  check('IncrementalAlterConfigs', responses[0]?.errorCode ?? -1, responses[0]?.errorMessage)
}
