import { type BrokerConfig, type BrokerLayers, resolveBrokerConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { Timers } from '../host/clock.ts'
import type { Random } from '../host/random.ts'
import type { Decision, DecisionContext, Refusal } from './controller/decision.ts'
import { ControllerWrites } from './controller-writes.ts'
import type { MetadataImage } from './image.ts'
import type { ImageFollower } from './image-follower.ts'
import type { Registration } from './registration.ts'
import { type MetadataStore, StoreError } from './store.ts'
import type { Configs } from './values.ts'

/** In whose name a decision is stored: the controller's alone, this broker's own, or whichever of them this broker may. */
export type Name = 'controller' | 'own' | 'any'

export interface DecisionsOptions {
  readonly store: MetadataStore
  readonly follower: ImageFollower
  readonly registration: Registration
  readonly random: Random
  readonly timers: Timers
  readonly nodeId: number
  /** The broker's static settings as texts by key. */
  readonly config: Configs
}

/** Has decisions made with what this broker knows, and stored in the name that they need. */
export class Decisions {
  readonly #follower: ImageFollower
  readonly #registration: Registration
  readonly #random: Random
  readonly #nodeId: number
  readonly #static: Configs
  readonly #asController: ControllerWrites
  readonly #asBroker: ControllerWrites
  #context: DecisionContext | null = null
  #contextOf: MetadataImage['brokerConfigs'] | null = null

  constructor({ store, follower, registration, random, timers, nodeId, config }: DecisionsOptions) {
    this.#follower = follower
    this.#registration = registration
    this.#random = random
    this.#nodeId = nodeId
    this.#static = config
    this.#asController = new ControllerWrites(store, follower, registration, timers)
    this.#asBroker = new ControllerWrites(store, follower, registration, timers, 'broker')
  }

  get image(): MetadataImage {
    return this.#follower.image
  }

  /** This broker's settings with the dynamic ones in force; the same object while they are the same. */
  get brokerConfig(): BrokerConfig {
    return this.context.config
  }

  /** What decisions know beside the image. */
  get context(): DecisionContext {
    const { brokerConfigs } = this.image
    if (this.#context === null || this.#contextOf !== brokerConfigs) {
      const dynamic = brokerConfigs.get(String(this.#nodeId))?.configs ?? {}
      const dynamicDefault = brokerConfigs.get('')?.configs ?? {}
      const layers: BrokerLayers = { dynamic, dynamicDefault, static: this.#static }
      this.#context = { config: resolveBrokerConfig(layers), layers, random: this.#random }
      this.#contextOf = brokerConfigs
    }
    return this.#context
  }

  /**
   * Resolves to the decision's result once its change is stored and in the image; to `refuse(…)` where it cannot be stored in
   * that name, where others are faster for ever, and, with REQUEST_TIMED_OUT, where the store does not answer. `decide` may
   * be called several times. `validateOnly`: nothing is stored.
   */
  submit<Result>(
    decide: (image: MetadataImage, context: DecisionContext) => Decision<Result>,
    refuse: (refusal: Refusal) => Result,
    { validateOnly = false, as = 'controller' }: { validateOnly?: boolean; as?: Name } = {},
  ): Promise<Result> {
    const decideOnce = (image: MetadataImage) => {
      const decision = decide(image, this.context)
      return validateOnly ? { result: decision.result, change: null } : decision
    }
    return this.insist(decideOnce, refuse, as).catch((error: Error) => {
      if (!(error instanceof StoreError && error.code === 'UNAVAILABLE')) throw error
      return refuse({ errorCode: errors.REQUEST_TIMED_OUT.code, errorMessage: `${error.message}. Try again later.` })
    })
  }

  /** The same, but rejects where the store does not answer. */
  insist<Result>(
    decide: (image: MetadataImage, context: DecisionContext) => Decision<Result>,
    refuse: (refusal: Refusal) => Result,
    as: Name = 'controller',
  ): Promise<Result> {
    return this.#writes(as).submit((image) => decide(image, this.context), refuse)
  }

  #writes(as: Name): ControllerWrites {
    // The controller's writes go together.
    const isController = as === 'controller' || (as === 'any' && this.#registration.isController)
    return isController ? this.#asController : this.#asBroker
  }
}
