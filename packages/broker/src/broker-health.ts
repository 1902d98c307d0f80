/** Whether a broker serves, and a sentence for each thing that is not as it should be: what `GET /health` says. */
import type { Health } from './admin/admin-listener.ts'
import type { BrokerCore } from './broker-core.ts'
import { DamagedLogError } from './storage/damage.ts'

export function healthOf(broker: BrokerCore, { isStopping }: { isStopping: boolean }): Health {
  const { directories, groups, metadata, nodeId, partitions } = broker
  const { image } = metadata
  const offline = directories.offline.map(({ path, error }) => `The log directory ${path} is offline: ${error.message}`)
  const logs = logProblems(broker)
  const fullDisks = diskProblems(broker)
  const problems = [...offline, ...logs, ...fullDisks, ...fileProblems(broker)]
  if (metadata.problem !== null) problems.push(`No metadata can be changed: ${metadata.problem.message}.`)
  if (!groups.isLoaded) problems.push('Groups are still being loaded.')
  const isDegraded = offline.length > 0 || fullDisks.length > 0 || logs.length > 0
  return {
    status: isStopping ? 'stopping' : isDegraded ? 'degraded' : groups.isLoaded ? 'ok' : 'starting',
    problems,
    nodeId,
    clusterId: image.clusterId,
    listeners: (image.brokers.get(nodeId)?.listeners ?? []).map(({ name, host, port }) => `${name}://${host}:${port}`),
    topics: image.topics.size,
    partitions: [...partitions].length,
    connections: broker.connections,
  }
}

/** Of logs that are offline by themselves. */
function logProblems({ directories, partitions }: BrokerCore): string[] {
  const { offline } = directories
  return [...partitions, ...partitions.followers()].flatMap(({ log }) => {
    if (log.failed === null || log.isClosed || offline.some(({ path }) => log.directory.startsWith(`${path}/`)))
      return []
    // It stands for one that is in a directory that is offline, wherever that is; or for one that could not be begun.
    if (directories.directoryOf(log) === undefined && offline.some(({ error }) => error === log.failed)) return []
    if (log.failed instanceof DamagedLogError) return [log.failed.message]
    if (directories.isUnbegun(log))
      return [`The log ${log.directory} could not be begun, which is tried again: ${log.failed.message}`]
    return [`The log ${log.directory} is offline until the next start: ${log.failed.message}`]
  })
}

/** Of disks that are too full, and of those that have no room though they are not. */
function diskProblems({ cleanup, directories }: BrokerCore): string[] {
  const withoutRoom = [...directories].filter(({ lacksRoom, offline }) => lacksRoom && offline === null)
  return [
    ...cleanup.problems(),
    ...withoutRoom.map(
      ({ path }) =>
        `The disk of ${path} has no room for what is to be written: that is undone and refused. A quota, or the inodes, may be used up.`,
    ),
  ]
}

function fileProblems({ directories }: BrokerCore): string[] {
  const withoutFiles = [...directories].filter(({ lacksFiles, offline }) => lacksFiles && offline === null)
  return withoutFiles.map(
    ({ path }) =>
      `Too many files are open for all that is to be written to ${path}: what needs another is refused until some are flushed. Raise the limit (ulimit -n).`,
  )
}
