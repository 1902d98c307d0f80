/** Opens and checks the logs that a broker finds in its directories after an unclean stop, before it leads or follows with them. */
import { resolveTopicConfig } from '@odradek/config'
import type { Host } from './host/host.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { FoundLog, LogDirectories } from './storage/log-directories.ts'

/** Meanwhile the loop has a turn at least so often, but for what one log takes. */
const LOOP_TURN_MS = 20

/** Rejects where no directory is left that can be used. */
export async function openFoundLogs(directories: LogDirectories, metadata: Metadata, host: Host): Promise<void> {
  await directories.openFound(logsIn(metadata), pauses(host))
}

/** All partitions that the metadata tells of. */
function* logsIn({ image, brokerConfig }: Metadata): Generator<FoundLog> {
  for (const { name: topic, topicId, configs, partitions } of image.topics.values()) {
    const config = resolveTopicConfig(configs, brokerConfig)
    for (const { index: partition } of partitions) yield { topic, partition, topicId, config }
  }
}

/** Lets the loop have a turn, where it has had none for a while. */
function pauses({ clock, timers }: Host): () => Promise<void> {
  let since = clock.monotonic()
  return async () => {
    if (clock.monotonic() - since < LOOP_TURN_MS) return
    await new Promise<void>((resolve) => timers.after(0, resolve))
    since = clock.monotonic()
  }
}
