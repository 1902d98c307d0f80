import { StorageDisks } from '../../../features/storage/storage-disks.tsx'
import { nameOf } from '../../../lib/href.ts'

export default async function StoragePage(props: { params: Promise<{ cluster: string }> }) {
  return <StorageDisks cluster={nameOf((await props.params).cluster)} />
}
