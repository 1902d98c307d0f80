import type { JoinGroupRequest, JoinGroupResponse, SyncGroupResponse } from '@odradek/protocol'
import type { Token } from '../runtime/decision.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type GroupTimer, notDue } from './group-timer.ts'

/** A way of dividing the partitions that a member can take part in, with what it tells the leader in it. */
export type MemberProtocol = JoinGroupRequest['protocols'][number]

/** Who a member is, apart from what it can do. */
export interface MemberIdentity {
  readonly memberId: string
  /** Set for a static member: it keeps its place when it comes back under another member id (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
}

const NOTHING = Buffer.alloc(0)

/** A member of a classic group. */
export class Member implements MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In order of preference. */
  protocols: readonly MemberProtocol[]
  /** What the leader gave it, opaque; empty before. */
  assignment: Buffer = NOTHING
  /** Its JoinGroup, while that waits for the others. */
  joinToken: Token<JoinGroupResponse> | null = null
  /** Its SyncGroup, while that waits for the leader's. */
  syncToken: Token<SyncGroupResponse> | null = null
  /** It has not been answered yet, so that it cannot send heartbeats. */
  isNew = false
  readonly session: GroupTimer

  constructor(
    group: ClassicGroup,
    identity: MemberIdentity,
    rebalanceTimeoutMs: number,
    sessionTimeoutMs: number,
    protocols: readonly MemberProtocol[],
  ) {
    this.memberId = identity.memberId
    this.groupInstanceId = identity.groupInstanceId
    this.clientId = identity.clientId
    this.clientHost = identity.clientHost
    this.rebalanceTimeoutMs = rebalanceTimeoutMs
    this.sessionTimeoutMs = sessionTimeoutMs
    this.protocols = protocols
    this.session = { kind: 'session', group, member: this, ...notDue }
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /** Whether silence is to be expected of it now: it waits for others. A new member's wait has a limit of its own. */
  get isExcusedFromHeartbeats(): boolean {
    return !this.isNew && (this.joinToken !== null || this.syncToken !== null)
  }

  /** Whether these are its protocols, byte for byte and in the same order. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false
    return protocols.every((protocol, index) => {
      const own = this.protocols[index]!
      return own.name === protocol.name && own.metadata.equals(protocol.metadata)
    })
  }

  /** The first of its protocols that is a candidate. */
  vote(candidates: ReadonlySet<string>): string | null {
    return this.protocols.find((protocol) => candidates.has(protocol.name))?.name ?? null
  }

  /** What it tells the leader in a protocol; empty where it does not have it. */
  metadata(protocolName: string | null): Buffer {
    return this.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? NOTHING
  }
}
