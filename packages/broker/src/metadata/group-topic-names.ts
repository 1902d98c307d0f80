import type { BrokerConfig } from '@odradek/config'
import type { MetadataImage } from './image.ts'
import { decodeGroupId, type GroupRole, groupTopicName } from './retry-topics.ts'

/** Names that are remembered. */
const TOLD_NAMES_MAX = 10_000

/** The names of groups' topics, told before the topics are made. */
export class GroupTopicNames {
  readonly #image: () => MetadataImage
  readonly #config: () => BrokerConfig
  /** Names that were told: some do not tell the group by themselves. */
  readonly #told = new Map<string, { role: GroupRole; groupId: string }>()

  constructor(image: () => MetadataImage, config: () => BrokerConfig) {
    this.#image = image
    this.#config = config
  }

  /** The name of a group's topic: that which there is, or that which it gets when it is first used. */
  nameOf(role: GroupRole, groupId: string): string {
    const name = groupTopicName(this.#image(), role, this.prefixOf(role), groupId)
    if (this.#told.size >= TOLD_NAMES_MAX) this.#told.clear()
    this.#told.set(name, { role, groupId })
    return name
  }

  /** The group whose topic is made when a topic of this name is first used; null for names of other topics. */
  groupOf(name: string): { role: GroupRole; groupId: string } | null {
    const told = this.#told.get(name)
    if (told !== undefined) return told
    for (const role of ['retry', 'dlq'] as const) {
      const prefix = this.prefixOf(role)
      const groupId = name.startsWith(prefix) ? decodeGroupId(name.slice(prefix.length)) : null
      if (groupId !== null) return { role, groupId }
    }
    return null
  }

  prefixOf(role: GroupRole): string {
    const config = this.#config()
    return role === 'retry' ? config['retry.topic.prefix'] : config['dlq.topic.prefix']
  }
}
