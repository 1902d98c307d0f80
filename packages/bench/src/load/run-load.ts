import { ControlClient } from './control-client.ts'
import { fetchLoad } from './fetch-load.ts'
import type { Load, LoadFigures } from './load.ts'
import { openLoadSocket } from './load-socket.ts'
import { produceLoad } from './produce-load.ts'
import { rateLoad } from './rate-load.ts'

const KINDS = { produce: produceLoad, rate: rateLoad, fetch: fetchLoad }

/** Deleted topics give their space back before the next run needs it. */
const TOPIC_CONFIGS = { 'file.delete.delay.ms': '1000' }
const FLUSHED_CONFIGS = { ...TOPIC_CONFIGS, 'flush.messages': '1' }
const TIMED_CONFIGS = { ...TOPIC_CONFIGS, 'message.type': 'DELAY', 'intake.delete.allow': 'true' }

const REPLICATED_CONFIGS = { ...TOPIC_CONFIGS, 'min.insync.replicas': '2' }

function configsOf({ flushed, delayMs, replicas }: Load): Readonly<Record<string, string>> {
  if (replicas > 1) return REPLICATED_CONFIGS
  if (delayMs > 0) return TIMED_CONFIGS
  return flushed ? FLUSHED_CONFIGS : TOPIC_CONFIGS
}

/**
 * One run: makes the topic, drives the server, checks what it holds, removes the topic.
 * @throws LoadError when the server answered what it must not, or does not hold what it acknowledged
 */
export async function runLoad(load: Load): Promise<LoadFigures> {
  const bootstrap = await ControlClient.connect(load.host, load.port)
  await bootstrap.checkVersions()
  const leader = load.keepTopic
    ? await bootstrap.leaderOf(load.topic, load.partitions)
    : await bootstrap.createTopic(load.topic, load.partitions, configsOf(load), load.replicas)
  const client = await ControlClient.connect(leader.host, leader.port)
  const idle = await Promise.all(
    Array.from({ length: load.idleConnections }, () =>
      openLoadSocket(
        leader,
        () => {},
        () => {},
      ),
    ),
  )
  const figures = await KINDS[load.kind](load, client, leader)
  for (const socket of idle) socket.destroy()
  if (!load.keepTopic) await bootstrap.deleteTopic(load.topic)
  client.close()
  bootstrap.close()
  return figures
}
