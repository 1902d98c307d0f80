import { MessageList } from '../../../../../features/messages/message-list.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function MessagesPage(props: { params: Promise<{ cluster: string; topic: string }> }) {
  const params = await props.params
  return <MessageList cluster={nameOf(params.cluster)} topic={nameOf(params.topic)} />
}
