/** The names of the internal topics that records wait in: one for each topic whose `message.type` has an intake. */
const PREFIX = '__intake.'

export function intakeTopicName(topicId: string): string {
  return PREFIX + topicId
}

/** The id of the topic that clients see, for the name of its intake topic; null for other topics. */
export function intakeTopicOf(name: string): string | null {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null
}

/** Whether records of topics of this `message.type` wait. */
export function hasIntake(messageType: string | undefined): boolean {
  return messageType === 'DELAY' || messageType === 'RETRY'
}
