/** Where a dead letter can be sent again, and who will see it there. */
import { type LetterReason, RefusedError, type ResendPlan, type ResendTarget, readLetterReason } from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { groupsOfTopics, type TopicGroup } from '../topic-dependents.ts'

export interface ResendChoice {
  readonly kind: ResendTarget['kind']
  /** The topic that it would go to; null where it cannot. */
  readonly topic: string | null
  /** Why it cannot; null where it can. */
  readonly reason: string | null
  /** The reason by its code. */
  readonly why: LetterReason | null
  /** Groups besides the letter's own that read that topic: they will see it a second time. */
  readonly others: readonly TopicGroup[]
}

export interface ResendChoices extends Pick<ResendPlan, 'group' | 'membersOnline' | 'sources' | 'notes' | 'notesWhy'> {
  readonly choices: readonly ResendChoice[]
}

/** The choices for one letter, the safest first. */
export async function resendChoices(
  session: ClusterSession,
  plan: (target: ResendTarget) => Promise<ResendPlan>,
): Promise<ResendChoices> {
  const kinds = ['retry', 'origin'] as const
  const plans = await Promise.all(kinds.map((kind) => planned(() => plan({ kind }))))
  const topics = plans.map((found) => ('reason' in found ? null : (found.rows[0]?.target ?? null)))
  const known = topics.flatMap((topic) => topic ?? [])
  const readers = known.length === 0 ? new Map<string, TopicGroup[]>() : await groupsOfTopics(session, known)
  const [sound] = plans.flatMap((found) => ('reason' in found ? [] : [found]))
  const choices = kinds.map((kind, at) => {
    const found = plans[at]!
    const topic = topics[at] ?? null
    const refused = 'reason' in found ? found.reason : (found.rows[0]?.reason ?? null)
    const others = (topic === null ? [] : (readers.get(topic) ?? [])).filter(({ id }) => id !== sound?.group)
    const reason = topic === null ? refused : null
    return { kind, topic, reason, why: readLetterReason(reason), others }
  })
  const { group = null, membersOnline = null, sources = [], notes = [], notesWhy = [] } = sound ?? {}
  return { choices, group, membersOnline, sources, notes, notesWhy }
}

/** A plan, or why there can be none. */
async function planned(plan: () => Promise<ResendPlan>): Promise<ResendPlan | { readonly reason: string }> {
  try {
    return await plan()
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return { reason: error.message }
  }
}
