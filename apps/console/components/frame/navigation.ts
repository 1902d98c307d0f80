import {
  AlarmClock,
  BellRing,
  Boxes,
  HardDrive,
  LayoutDashboard,
  type LucideIcon,
  MailX,
  Rows3,
  ScrollText,
  Users,
} from 'lucide-react'
import { href } from '../../lib/href.ts'

/** The rail's places, in order; the palette and the keyboard read the same list. A place that is not built yet is not in it. */
export const places: readonly Place[] = [
  { id: 'overview', icon: LayoutDashboard, key: 'o', href: href.overview },
  { id: 'topics', icon: Rows3, key: 't', href: href.topics },
  { id: 'groups', icon: Users, key: 'g', href: href.groups },
  { id: 'deadLetters', icon: MailX, key: 'd', href: href.deadLetters },
  { id: 'delayed', icon: AlarmClock, key: 'w', href: href.delayed },
  { id: 'brokers', icon: Boxes, key: 'b', href: (cluster) => href.brokers(cluster) },
  { id: 'storage', icon: HardDrive, key: 's', href: (cluster) => href.storage(cluster) },
  { id: 'alerts', icon: BellRing, key: 'l', href: (cluster) => href.alerts(cluster) },
  { id: 'audit', icon: ScrollText, key: 'a', href: href.audit },
]

export interface Place {
  readonly id: 'overview' | 'topics' | 'groups' | 'deadLetters' | 'delayed' | 'brokers' | 'storage' | 'alerts' | 'audit'
  readonly icon: LucideIcon
  /** The letter after G. */
  readonly key: string
  href(cluster: string): string
}
