import { alerts } from './routers/alerts.ts'
import { audit } from './routers/audit.ts'
import { brokers } from './routers/brokers.ts'
import { clusters } from './routers/clusters.ts'
import { deadLetters } from './routers/dead-letters.ts'
import { delayed } from './routers/delayed.ts'
import { demo } from './routers/demo.ts'
import { groups } from './routers/groups.ts'
import { jobs } from './routers/jobs.ts'
import { life } from './routers/life.ts'
import { messages } from './routers/messages.ts'
import { overview } from './routers/overview.ts'
import { replication } from './routers/replication.ts'
import { retries } from './routers/retries.ts'
import { session } from './routers/session.ts'
import { storage } from './routers/storage.ts'
import { topics } from './routers/topics.ts'
import { router } from './trpc.ts'

/** Everything the console can be asked. */
export const appRouter = router({
  session,
  clusters,
  overview,
  brokers,
  replication,
  topics,
  groups,
  audit,
  messages,
  deadLetters,
  retries,
  jobs,
  delayed,
  life,
  storage,
  alerts,
  demo,
})
export type AppRouter = typeof appRouter
