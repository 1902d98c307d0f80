import type { GroupMetadataValue, OffsetCommitValue } from '@odradek/protocol'

/** All that survives of groups: what a generation agreed on, and how far the group has read. */
export type GroupRecord =
  | { readonly kind: 'group'; readonly groupId: string; readonly value: GroupMetadataValue }
  | { readonly kind: 'groupRemoved'; readonly groupId: string }
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: OffsetCommitValue
    }
  | { readonly kind: 'offsetRemoved'; readonly groupId: string; readonly topic: string; readonly partition: number }
