/** Every page of the console, for the tests that walk them all. `{topic}` and `{group}` stand for names of the scene, encoded. */
export const routes: readonly string[] = [
  '/local',
  '/local/topics',
  '/local/topics?q=nothing-is-called-that',
  '/local/topics/{topic}/partitions',
  '/local/topics/{topic}/groups',
  '/local/topics/{topic}/configuration',
  '/local/topics/{topic}/producers',
  '/local/topics/no-such-topic/partitions',
  '/local/no-such-page',
]

/** A name with all that an address must encode. */
export const awkwardName = '%DLQ%a/b 订单'
