/**
 * Who may do what: one row per procedure. A procedure without a row cannot be called, and a test walks them all.
 *
 * Roles hold permissions per cluster: viewer sees, operator also acts on groups, records and topics' contents, admin does
 * everything. Payloads are a permission of their own: without it nobody reads what messages say, whatever the role.
 */

/** public: anyone; self: whoever is signed in; the others are held per cluster. */
export type Permission = 'public' | 'self' | 'view' | 'payloads' | 'operate' | 'administer'

export type Role = 'viewer' | 'operator' | 'admin'
export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[]

export const permissionsOfRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set<Permission>(['view']),
  operator: new Set<Permission>(['view', 'operate']),
  admin: new Set<Permission>(['view', 'operate', 'administer']),
}

/** By the path of the procedure. */
export const procedurePermissions: Readonly<Record<string, Permission>> = {
  'session.me': 'public',
  'session.login': 'public',
  'session.logout': 'public',
  'session.providers': 'public',
  'clusters.list': 'self',
  'clusters.features': 'view',
  'overview.get': 'view',
  'overview.series': 'view',
  'overview.live': 'view',
  'brokers.list': 'view',
  'brokers.get': 'view',
  'brokers.configs': 'view',
  'brokers.setConfig': 'administer',
  'topics.list': 'view',
  'topics.listLive': 'view',
  'topics.columns': 'view',
  'topics.get': 'view',
  'topics.partitions': 'view',
  'topics.configs': 'view',
  'topics.producers': 'view',
  'topics.groups': 'view',
  'topics.series': 'view',
  'topics.live': 'view',
  'topics.setConfig': 'administer',
  'topics.resetConfig': 'administer',
  'topics.create': 'operate',
  'topics.addPartitions': 'administer',
  'topics.deleteImpact': 'view',
  'topics.delete': 'administer',
  'topics.empty': 'administer',
  'topics.deleteRecordsPlan': 'view',
  'topics.deleteRecords': 'administer',
  'groups.list': 'view',
  'groups.listLive': 'view',
  'groups.get': 'view',
  'groups.lagSeries': 'view',
  'groups.live': 'view',
  'groups.diagnose': 'view',
  'groups.resetPlan': 'view',
  'groups.resets': 'view',
  'groups.resetApply': 'operate',
  'groups.resetUndo': 'operate',
  'groups.resetArm': 'operate',
  'groups.resetDisarm': 'operate',
  'groups.fenceMembers': 'administer',
  'groups.deleteOffsets': 'operate',
  'groups.delete': 'administer',
  'audit.status': 'view',
  'audit.list': 'view',
  'audit.enable': 'administer',
  'messages.sample': 'payloads',
  'messages.fields': 'payloads',
  'messages.estimate': 'view',
  'messages.scan': 'payloads',
  'messages.tail': 'payloads',
  'messages.get': 'payloads',
  'messages.delivery': 'view',
  'messages.checkFilter': 'view',
  'messages.produce': 'operate',
  'demo.status': 'view',
  'demo.start': 'operate',
  'demo.stop': 'operate',
}
