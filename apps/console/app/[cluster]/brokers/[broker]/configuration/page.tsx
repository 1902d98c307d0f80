import { notFound } from 'next/navigation'
import { BrokerConfiguration } from '../../../../../features/brokers/broker-configuration.tsx'
import { brokerIdOf } from '../../../../../features/brokers/broker-id.ts'
import { nameOf } from '../../../../../lib/href.ts'
import { configDocs } from '../../../../../server/config-docs.ts'

export default async function BrokerConfigurationPage(props: { params: Promise<{ cluster: string; broker: string }> }) {
  const { cluster, broker } = await props.params
  const nodeId = brokerIdOf(broker)
  if (nodeId === null) notFound()
  return <BrokerConfiguration cluster={nameOf(cluster)} nodeId={nodeId} docs={await configDocs()} />
}
