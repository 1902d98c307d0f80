import { notFound } from 'next/navigation'
import { BrokerDisks } from '../../../../features/brokers/broker-disks.tsx'
import { brokerIdOf } from '../../../../features/brokers/broker-id.ts'
import { nameOf } from '../../../../lib/href.ts'

export default async function BrokerPage(props: { params: Promise<{ cluster: string; broker: string }> }) {
  const { cluster, broker } = await props.params
  const nodeId = brokerIdOf(broker)
  if (nodeId === null) notFound()
  return <BrokerDisks cluster={nameOf(cluster)} nodeId={nodeId} />
}
