/**
 * What the admin listener shows while logs are checked after an unclean stop: `/health` is 503 and says how far that is,
 * `/metrics` has what is known of it.
 */
import type { LogDirectory } from '../storage/log-directory.ts'
import type { AdminSources, Health } from './admin-listener.ts'
import { recoverySamples } from './log-samples.ts'
import { type MetricName, metricTable } from './metric-table.ts'
import type { Sample } from './sample.ts'

const MIB = 1024 * 1024

export function startingSources(directories: Iterable<LogDirectory>, nodeId: number): AdminSources {
  return {
    health: () => health([...directories], nodeId),
    async metrics() {
      const samples = Object.entries(recoverySamples(directories)) as [MetricName, () => Sample[]][]
      const text = samples.map(([name, read]) => metricText(name, read())).join('\n')
      return { contentType: 'text/plain; version=0.0.4; charset=utf-8', text }
    },
    routes: null,
  }
}

function health(directories: readonly LogDirectory[], nodeId: number): Health {
  const problems = directories
    .filter(({ recovery }) => recovery.opened < recovery.logs)
    .map(({ path, recovery: { opened, logs, readBytes } }) => {
      const read = (readBytes / MIB).toFixed(0)
      return `${path} is checked after an unclean stop: ${opened} of ${logs} logs are open, ${read} MiB were read.`
    })
  return {
    status: 'starting',
    problems: problems.length > 0 ? problems : ['The broker is starting.'],
    nodeId,
    clusterId: directories.find(({ clusterId }) => clusterId !== null)?.clusterId ?? '',
    listeners: [],
    topics: 0,
    partitions: 0,
    connections: 0,
  }
}

/** In the Prometheus text format; labels here have nothing to escape. */
function metricText(name: MetricName, samples: readonly Sample[]): string {
  const { help, type } = metricTable[name]
  const lines = samples.map(({ value, labels }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
