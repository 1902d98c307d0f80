/** Changes single configs and leaves the others as they are. */
import { IncrementalAlterConfigs } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { type ConfigResource, configTarget, resourceText, resourceTypeCode } from './describe-configs.ts'

/** A null value takes the override away. */
export interface ConfigChange {
  readonly name: string
  readonly value: string | null
}

/** Throws a KafkaError whose text says what is wrong with the value. With `validateOnly` nothing is changed. */
export async function alterConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  options: { validateOnly?: boolean } = {},
): Promise<void> {
  const tried = `change ${changes.map(({ name }) => name).join(', ')} of ${resourceText(resource)}`
  const configs = changes.map(({ name, value }) => ({ name, configOperation: value === null ? 1 : 0, value }))
  const target = configTarget(resource)
  const answer = await cluster.request(
    IncrementalAlterConfigs,
    {
      resources: [{ resourceType: resourceTypeCode[resource.type], resourceName: resource.name, configs }],
      validateOnly: options.validateOnly ?? false,
    },
    target === 'any' ? 'controller' : target,
    { tried },
  )
  const result = answer.responses[0]
  if (!result) throw new KafkaError(-1, tried, 'The broker answered without a result.')
  assertNone(result.errorCode, tried, result.errorMessage)
  cluster.forget()
}
