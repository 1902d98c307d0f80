import { type BrokerConfig, MINUTE_MS } from '@odradek/config'

/** The bounds and times of group coordination, from the broker's configuration. */
export interface GroupLimits {
  /** `group.min.session.timeout.ms` */
  readonly sessionTimeoutMinMs: number
  /** `group.max.session.timeout.ms` */
  readonly sessionTimeoutMaxMs: number
  /** `group.initial.rebalance.delay.ms`: how long an empty group waits for more members, again for each that comes. */
  readonly initialRebalanceDelayMs: number
  /** How long a member that is not known yet may wait in JoinGroup: its client may be gone without our noticing. */
  readonly newMemberJoinTimeoutMs: number
  /** `group.max.size` */
  readonly membersMax: number
  /** Member ids of a group that were given out (MEMBER_ID_REQUIRED) and have not come back. */
  readonly pendingMembersMax: number
  /** `offset.metadata.max.bytes`, counted in UTF-16 units as Kafka does. */
  readonly offsetMetadataCharsMax: number
  /** `offsets.retention.minutes` */
  readonly offsetsRetentionMs: number
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckIntervalMs: number
}

/** Kafka's defaults. */
export const defaultGroupLimits: GroupLimits = {
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  newMemberJoinTimeoutMs: 300_000,
  membersMax: 2_147_483_647,
  pendingMembersMax: 1_000,
  offsetMetadataCharsMax: 4_096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
}

/** The limits that a broker's configuration sets. */
export function groupLimitsOf(config: BrokerConfig): GroupLimits {
  return {
    ...defaultGroupLimits,
    sessionTimeoutMinMs: config['group.min.session.timeout.ms'],
    sessionTimeoutMaxMs: config['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
    membersMax: config['group.max.size'],
    offsetMetadataCharsMax: config['offset.metadata.max.bytes'],
    offsetsRetentionMs: config['offsets.retention.minutes'] * MINUTE_MS,
    offsetsRetentionCheckIntervalMs: config['offsets.retention.check.interval.ms'],
  }
}
