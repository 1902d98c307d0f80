/** Every page of the console, for the tests that walk them all. `{topic}` and `{group}` stand for names of the scene, encoded. */
export const routes: readonly string[] = [
  '/local',
  '/local/topics',
  '/local/topics?q=nothing-is-called-that',
  '/local/topics/{topic}/messages',
  '/local/topics/{topic}/messages?from=earliest&q=nothing-holds-that',
  '/local/topics/{topic}/0/1',
  '/local/topics/{topic}/0/99',
  '/local/topics/{topic}/partitions',
  '/local/topics/{topic}/groups',
  '/local/topics/{topic}/configuration',
  '/local/topics/{topic}/producers',
  '/local/topics/no-such-topic/partitions',
  '/local/groups',
  '/local/groups/{group}/lag',
  '/local/groups/{group}/members',
  '/local/groups/{group}/diagnosis',
  '/local/groups/{group}/reset?to=earliest',
  '/local/groups/no-such-group/lag',
  '/local/brokers',
  '/local/brokers/1',
  '/local/brokers/1/configuration',
  '/local/brokers/77',
  '/local/audit',
  '/local/no-such-page',
]

/** A name with all that an address must encode. */
export const awkwardName = '%DLQ%a/b 订单'
