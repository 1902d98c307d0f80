import { resolveBrokerConfig } from '@odradek/config'
import { SimRandom } from '../../host/sim/index.ts'
import type { Change, Decision, DecisionContext } from '../controller/decision.ts'
import type { MetadataImage } from '../image.ts'
import { ImageDraft, loadImage } from '../image-draft.ts'
import { brokerKey } from '../keys.ts'
import type { Entry } from '../store.ts'
import { formatBroker } from '../values.ts'

export function entry(key: string, value: string, modRevision: number): Entry {
  return { key, value, createRevision: modRevision, modRevision, version: 1, lease: null }
}

/** An image with live brokers, by id or by id and rack. */
export function clusterImage(...brokers: (number | readonly [number, string])[]): MetadataImage {
  const entries = brokers.map((broker, index) => {
    const [id, rack] = typeof broker === 'number' ? [broker, null] : broker
    return entry(
      brokerKey(id),
      formatBroker({ listeners: [{ name: 'PLAINTEXT', host: 'h', port: id }], rack }),
      index + 1,
    )
  })
  return loadImage(entries.length, entries).image
}

/** What decisions know, with the given static settings. */
export function decisionContext(settings: Record<string, string> = {}): DecisionContext {
  const layers = { static: settings }
  return { config: resolveBrokerConfig(layers), layers, random: new SimRandom(1) }
}

/** The image after a decision's change was stored. */
export function after(image: MetadataImage, decision: Decision<unknown> | Change): MetadataImage {
  const change = 'change' in decision ? decision.change : decision
  if (change === null) return image
  const revision = image.revision + 1
  const draft = new ImageDraft(image)
  const { key, value } = change
  if (value === null) draft.delete(key)
  else draft.put({ key, value, createRevision: revision, modRevision: revision })
  return draft.finish(revision).image
}
