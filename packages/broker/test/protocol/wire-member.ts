/** A member of a classic group, on a connection of its own: what a consumer does, step by step. */
import { equal } from 'node:assert/strict'
import { Heartbeat, JoinGroup, LeaveGroup, type RequestInput, type ResponseOutput, SyncGroup } from '@odradek/protocol'
import type { WireClient } from '../wire-client.ts'

const MEMBER_ID_REQUIRED = 79
const REBALANCE_IN_PROGRESS = 27

type Joined = ResponseOutput<typeof JoinGroup>
type Protocols = RequestInput<typeof JoinGroup>['protocols']

export class WireMember {
  readonly client: WireClient
  readonly groupId: string
  readonly groupInstanceId: string | null
  memberId = ''
  generationId = -1
  /** What the last join chose. */
  protocolName = ''

  constructor(client: WireClient, groupId: string, groupInstanceId: string | null = null) {
    this.client = client
    this.groupId = groupId
    this.groupInstanceId = groupInstanceId
  }

  /** One JoinGroup, whatever the answer. */
  async tryJoin(version = 9, more: Partial<RequestInput<typeof JoinGroup>> = {}): Promise<Joined> {
    const protocols: Protocols = [{ name: 'range', metadata: Buffer.from('mine') }]
    const answer = await this.client.send(JoinGroup, version, {
      groupId: this.groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      protocolType: 'consumer',
      protocols,
      ...more,
    })
    if (answer.errorCode === 0) {
      this.memberId = answer.memberId
      this.generationId = answer.generationId
      this.protocolName = answer.protocolName ?? ''
    }
    return answer
  }

  /** Joins, with the member id that is given on the way; fails on another error. */
  async join(version = 9, more: Partial<RequestInput<typeof JoinGroup>> = {}): Promise<Joined> {
    let answer = await this.tryJoin(version, more)
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      this.memberId = answer.memberId
      answer = await this.tryJoin(version, more)
    }
    equal(answer.errorCode, 0, `JoinGroup answered ${answer.errorCode}`)
    return answer
  }

  /** One SyncGroup with the assignments by member id (none: this member does not lead). */
  async sync(
    assignments: Readonly<Record<string, string>> = {},
    version = 5,
  ): Promise<ResponseOutput<typeof SyncGroup>> {
    const { groupId, generationId, memberId, groupInstanceId } = this
    return await this.client.send(SyncGroup, version, {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocolName: this.protocolName,
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
    })
  }

  /** One heartbeat's code. */
  async heartbeat(version = 4): Promise<number> {
    const { groupId, generationId, memberId, groupInstanceId } = this
    const answer = await this.client.send(Heartbeat, version, { groupId, generationId, memberId, groupInstanceId })
    return answer.errorCode
  }

  /** Heartbeats until the group asks for a new join. */
  async toldToRejoin(): Promise<void> {
    let code = 0
    while (code === 0) code = await this.heartbeat()
    equal(code, REBALANCE_IN_PROGRESS)
  }

  /** Leaves; gives the code. */
  async leave(version = 5): Promise<number> {
    const { groupId, memberId, groupInstanceId } = this
    const request = { groupId, memberId, members: [{ memberId, groupInstanceId }] }
    const answer = await this.client.send(LeaveGroup, version, request)
    return answer.members[0]?.errorCode || answer.errorCode
  }
}
