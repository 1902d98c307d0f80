/** Every feature's words, in both languages. A feature adds its file to both lists; the types come from the English one. */
import enAlerts from '../messages/en/alerts.json' with { type: 'json' }
import enAudit from '../messages/en/audit.json' with { type: 'json' }
import enBrokers from '../messages/en/brokers.json' with { type: 'json' }
import enConfig from '../messages/en/config.json' with { type: 'json' }
import enDeadLetters from '../messages/en/deadLetters.json' with { type: 'json' }
import enDelayed from '../messages/en/delayed.json' with { type: 'json' }
import enDemo from '../messages/en/demo.json' with { type: 'json' }
import enFrame from '../messages/en/frame.json' with { type: 'json' }
import enGroups from '../messages/en/groups.json' with { type: 'json' }
import enJobs from '../messages/en/jobs.json' with { type: 'json' }
import enLife from '../messages/en/life.json' with { type: 'json' }
import enMessages from '../messages/en/messages.json' with { type: 'json' }
import enOverview from '../messages/en/overview.json' with { type: 'json' }
import enReplication from '../messages/en/replication.json' with { type: 'json' }
import enRetries from '../messages/en/retries.json' with { type: 'json' }
import enStorage from '../messages/en/storage.json' with { type: 'json' }
import enTopics from '../messages/en/topics.json' with { type: 'json' }
import zhAlerts from '../messages/zh/alerts.json' with { type: 'json' }
import zhAudit from '../messages/zh/audit.json' with { type: 'json' }
import zhBrokers from '../messages/zh/brokers.json' with { type: 'json' }
import zhConfig from '../messages/zh/config.json' with { type: 'json' }
import zhDeadLetters from '../messages/zh/deadLetters.json' with { type: 'json' }
import zhDelayed from '../messages/zh/delayed.json' with { type: 'json' }
import zhDemo from '../messages/zh/demo.json' with { type: 'json' }
import zhFrame from '../messages/zh/frame.json' with { type: 'json' }
import zhGroups from '../messages/zh/groups.json' with { type: 'json' }
import zhJobs from '../messages/zh/jobs.json' with { type: 'json' }
import zhLife from '../messages/zh/life.json' with { type: 'json' }
import zhMessages from '../messages/zh/messages.json' with { type: 'json' }
import zhOverview from '../messages/zh/overview.json' with { type: 'json' }
import zhReplication from '../messages/zh/replication.json' with { type: 'json' }
import zhRetries from '../messages/zh/retries.json' with { type: 'json' }
import zhStorage from '../messages/zh/storage.json' with { type: 'json' }
import zhTopics from '../messages/zh/topics.json' with { type: 'json' }

export const messages = {
  en: {
    alerts: enAlerts,
    audit: enAudit,
    brokers: enBrokers,
    config: enConfig,
    deadLetters: enDeadLetters,
    delayed: enDelayed,
    demo: enDemo,
    frame: enFrame,
    groups: enGroups,
    jobs: enJobs,
    life: enLife,
    messages: enMessages,
    overview: enOverview,
    replication: enReplication,
    retries: enRetries,
    storage: enStorage,
    topics: enTopics,
  },
  zh: {
    alerts: zhAlerts,
    audit: zhAudit,
    brokers: zhBrokers,
    config: zhConfig,
    deadLetters: zhDeadLetters,
    delayed: zhDelayed,
    demo: zhDemo,
    frame: zhFrame,
    groups: zhGroups,
    jobs: zhJobs,
    life: zhLife,
    messages: zhMessages,
    overview: zhOverview,
    replication: zhReplication,
    retries: zhRetries,
    storage: zhStorage,
    topics: zhTopics,
  },
}

export type Messages = (typeof messages)['en']
