import { table } from './row.ts'
import { SECOND_MS } from './units.ts'

const STORE = /^(embedded|unix:\/.+|etcd:https?:\/\/.+)$/

function checkStore(text: string): string | null {
  if (STORE.test(text)) return null
  return `must be embedded, unix:/path/of/socket or etcd:http://host:port,host:port, not "${text}"`
}

/** Keys of the broker about the cluster it belongs to: where the metadata is, who is alive, who leads. */
export const clusterBrokerConfig = table({
  'metadata.store': {
    type: 'string',
    default: 'embedded',
    check: checkStore,
    mutable: 'restart',
    doc: 'Where the metadata of the cluster is: embedded (in the first data directory, for one broker alone), unix:/path (served by odradek up to the brokers of its machine), or etcd:http://host:2379,host:2379 for brokers on many machines; https for TLS, and a path keeps several clusters apart.',
  },
  'metadata.store.username': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'The user of etcd. Empty where etcd asks for none.',
  },
  'metadata.store.password': {
    type: 'string',
    default: '',
    sensitive: true,
    mutable: 'restart',
    doc: 'The password of metadata.store.username.',
  },
  'metadata.store.ca.file': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'A PEM file with the authorities whose certificates of etcd are trusted. Empty trusts those of the system.',
  },
  'metadata.store.cert.file': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'A PEM file with the certificate that this broker shows to etcd. Empty shows none.',
  },
  'metadata.store.key.file': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'A PEM file with the private key of metadata.store.cert.file.',
  },
  'broker.rack': {
    type: 'string',
    default: '',
    mutable: 'restart',
    doc: 'Where this broker stands: a machine, a rack, a zone. The replicas of a partition are spread over as many of them as there are. odradek up sets it to the name of the machine.',
  },
  'broker.session.timeout.ms': {
    type: 'int',
    default: 6 * SECOND_MS,
    min: 500,
    max: 600 * SECOND_MS,
    unit: 'ms',
    mutable: 'restart',
    doc: 'How long a broker counts as alive without a sign from it. Then others lead what it led. etcd rounds it up to whole seconds, at least 2.',
  },
  'controlled.shutdown.timeout.ms': {
    type: 'int',
    default: 10 * SECOND_MS,
    min: 0,
    unit: 'ms',
    mutable: 'broker',
    doc: 'How long a broker that is stopped waits for others to lead what it leads before it stops all the same. 0 does not wait.',
  },
  'auto.leader.rebalance.enable': {
    type: 'boolean',
    default: true,
    mutable: 'broker',
    doc: 'Gives partitions back to their preferred leaders (the first of their replicas) when those are in sync again.',
  },
  'leader.imbalance.check.interval.seconds': {
    type: 'long',
    default: 300,
    min: 1,
    mutable: 'broker',
    doc: 'How often partitions are looked for that their preferred leaders do not lead.',
  },
  'leader.imbalance.per.broker.percentage': {
    type: 'int',
    default: 10,
    min: 0,
    max: 100,
    mutable: 'broker',
    doc: 'What percentage of the partitions that should be led by a broker must be led by others before they are given back.',
  },
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: false,
    mutable: 'broker',
    doc: 'Where no replica that is in sync is alive: lets one lead that is not. What it has not got is lost.',
  },
  'offsets.topic.replication.factor': {
    type: 'int',
    default: -1,
    min: -1,
    max: 32_767,
    mutable: 'restart',
    doc: 'How many replicas __consumer_offsets gets when it is created. -1: as many as there are brokers, up to 3.',
  },
})
