/**
 * The topics of a group's failed records: where they are retried, and where they end as dead letters. What a topic is for
 * is said by its configs (`retry.group`, `dlq.group`), not by its name; the names are those that the broker gives.
 *
 *   <prefix><group>            characters that a topic name may not have as _xHH (of the UTF-8 bytes), and so "_x" itself
 *   <prefix><start>_h<hash>    where that is too long, or a topic that is not the group's has the name
 */
import { createHash } from 'node:crypto'
import type { MetadataImage, TopicImage } from './image.ts'
import { hasCollisionCharacters, topicNameCharactersMax, unifyCollisionCharacters } from './topic-name.ts'
import type { Configs } from './values.ts'

export type GroupRole = 'retry' | 'dlq'

/** The config that says whose topic it is, by role. */
export const roleKey = { retry: 'retry.group', dlq: 'dlq.group' } as const

const HASH_CHARACTERS = 16
/** What a dead-letter topic takes over of the group's retry topic. */
const TAKEN_OVER = ['flush.mode', 'min.insync.replicas', 'max.message.bytes']

/** The group id as a part of a topic name. */
export function encodeGroupId(groupId: string): string {
  let encoded = ''
  for (const byte of Buffer.from(groupId.replaceAll('_x', '_x5Fx'))) {
    const character = String.fromCharCode(byte)
    encoded += /[a-zA-Z0-9._-]/.test(character) ? character : `_x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** The group id of a part of a topic name; null for one that was not made by `encodeGroupId`. */
export function decodeGroupId(encoded: string): string | null {
  const bytes: number[] = []
  for (let at = 0; at < encoded.length; at++) {
    const escaped = /^_x([0-9A-F]{2})/.exec(encoded.slice(at, at + 4))
    bytes.push(escaped === null ? encoded.charCodeAt(at) : Number.parseInt(escaped[1]!, 16))
    if (escaped !== null) at += 3
  }
  const groupId = Buffer.from(bytes).toString()
  return groupId !== '' && encodeGroupId(groupId) === encoded ? groupId : null
}

/** The names that a group's topic may get, the first being the one it gets where that is free. */
export function candidateNames(prefix: string, groupId: string): string[] {
  const encoded = encodeGroupId(groupId)
  const hash = createHash('sha256').update(groupId).digest('hex').slice(0, HASH_CHARACTERS)
  const start = encoded.slice(0, topicNameCharactersMax - prefix.length - HASH_CHARACTERS - 2)
  const hashed = `${prefix}${start}_h${hash}`
  const plain = prefix + encoded
  return plain.length <= topicNameCharactersMax ? [plain, hashed] : [hashed]
}

/** The topic of a group, whatever its name; undefined while there is none. */
export function topicOfGroup(
  image: MetadataImage,
  role: GroupRole,
  prefix: string,
  groupId: string,
): TopicImage | undefined {
  const key = roleKey[role]
  for (const name of candidateNames(prefix, groupId)) {
    const topic = image.topics.get(name)
    if (topic?.configs[key] === groupId) return topic
  }
  for (const topic of image.topics.values()) if (topic.configs[key] === groupId) return topic
  return undefined
}

/** The name of a group's topic: that which there is, or that which it will get. Names of other topics are left alone. */
export function groupTopicName(image: MetadataImage, role: GroupRole, prefix: string, groupId: string): string {
  const existing = topicOfGroup(image, role, prefix, groupId)
  if (existing !== undefined) return existing.name
  const candidates = candidateNames(prefix, groupId)
  return candidates.find((name) => isFree(image, name)) ?? candidates.at(-1)!
}

/** What a group's topic is made with. Dead letters are kept as safely as retries are. */
export function roleConfigs(image: MetadataImage, role: GroupRole, groupId: string, retryPrefix: string): Configs {
  if (role === 'retry') return { 'message.type': 'RETRY', 'retry.group': groupId }
  const retries = topicOfGroup(image, 'retry', retryPrefix, groupId)?.configs ?? {}
  const taken = TAKEN_OVER.flatMap((key) => (retries[key] === undefined ? [] : [[key, retries[key]]]))
  return { 'dlq.group': groupId, ...Object.fromEntries(taken) }
}

function isFree(image: MetadataImage, name: string): boolean {
  if (image.topics.has(name)) return false
  return !hasCollisionCharacters(name) || !image.collisions.has(unifyCollisionCharacters(name))
}
