/** What handlers work with. */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { Host } from '../host/host.ts'
import type { Turn } from '../host/turn.ts'
import type { Intakes } from '../intake/intakes.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { ProducerIds } from '../metadata/producer-ids.ts'
import type { Partitions } from '../replication/partitions.ts'
import type { LogDirectories } from '../storage/log-directories.ts'
import type { Handler } from './exchange.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { LateReads } from './late-reads.ts'
import type { LogLimiter } from './log-limiter.ts'
import type { ParkedFetches } from './parked-fetches.ts'
import type { RequestMemory } from './request-memory.ts'
import type { RequestMetrics } from './request-metrics.ts'

export interface BrokerContext {
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly host: Host
  readonly turn: Turn
  readonly metadata: Metadata
  readonly partitions: Partitions
  readonly directories: LogDirectories
  readonly groups: GroupCoordinator
  readonly intakes: Intakes
  readonly producerIds: ProducerIds
  readonly fetchSessions: FetchSessions
  readonly parkedFetches: ParkedFetches
  readonly lateReads: LateReads
  readonly requestMemory: RequestMemory
  readonly requestMetrics: RequestMetrics
  /** For warnings about what clients do. */
  readonly logLimiter: LogLimiter
  /** By API key: what is served is what is advertised. */
  readonly handlers: ReadonlyMap<number, Handler>
}
