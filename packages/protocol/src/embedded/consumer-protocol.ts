/**
 * What consumers of a classic group tell each other through the coordinator, to which it is opaque: the metadata of
 * JoinGroup is a subscription, the assignment of SyncGroup an assignment, each an int16 version and then the message.
 *
 * A version only ever appends fields (KIP-429, KIP-792, KIP-881), so that a reader takes what it knows of a newer one.
 * The bytes come from clients of every age and are only looked at (to list members, to see whether a topic is in use),
 * hence null instead of an error for what cannot be read.
 */
import { ProtocolError } from '../bytes/protocol-error.ts'
import { Reader } from '../bytes/reader.ts'
import { array, bytes, type Decoded, type Encodable, int32, nullable, type Shape, string } from '../schema/fields.ts'
import { type Message, type MessageOf, message } from '../schema/message.ts'
import { encodeVersioned } from './versioned.ts'

const partitionsOfTopic = { topic: string(), partitions: array(int32()) }

/** What a member wants, and what it holds (from version 1) as of which generation (from 2), and where it is (from 3). */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  flexible: null,
  fields: {
    topics: array(string()),
    userData: nullable(bytes(), { default: null }),
    ownedPartitions: array(partitionsOfTopic, { since: 1, default: [] }),
    generationId: int32({ since: 2, default: -1 }),
    rackId: nullable(string(), { since: 3, default: null }),
  },
})
export type ConsumerProtocolSubscription = MessageOf<typeof ConsumerProtocolSubscription>

/** What a member is given. Its versions follow those of the subscription; all have the same fields. */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  flexible: null,
  fields: {
    assignedPartitions: array(partitionsOfTopic),
    userData: nullable(bytes(), { default: null }),
  },
})
export type ConsumerProtocolAssignment = MessageOf<typeof ConsumerProtocolAssignment>

/** The subscription in a member's metadata, or null if there is none to be read. */
export function parseSubscription(metadata: Buffer): ConsumerProtocolSubscription | null {
  return parse(ConsumerProtocolSubscription, metadata)
}

/** The partitions in a member's assignment, or null if there are none to be read (a member not yet assigned has no bytes). */
export function parseAssignment(assignment: Buffer): ConsumerProtocolAssignment | null {
  return parse(ConsumerProtocolAssignment, assignment)
}

/** A member's metadata as a consumer sends it. */
export function encodeSubscription(
  subscription: Encodable<typeof ConsumerProtocolSubscription.fields>,
  version = 3,
): Buffer {
  return encodeVersioned(ConsumerProtocolSubscription, subscription, version)
}

/** A member's assignment as the leader sends it. */
export function encodeAssignment(assignment: Encodable<typeof ConsumerProtocolAssignment.fields>, version = 3): Buffer {
  return encodeVersioned(ConsumerProtocolAssignment, assignment, version)
}

/**
 * Reads the newest version that both sides know. Some clients announce a version and leave its last fields out: then
 * the versions below are tried, which read less.
 */
function parse<S extends Shape>(of: Message<S>, content: Buffer): Decoded<S> | null {
  if (content.length < 2) return null
  const announced = content.readInt16BE(0)
  for (let version = Math.min(announced, of.versions[1]); version >= 0; version--) {
    try {
      return of.decode(new Reader(content, undefined, 2), version)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  return null
}
