/** Whoever asks: what they are called and what they may do where. */
import { type Permission, permissionsOfRole, type Role } from './permissions.ts'

/** What someone may do on one cluster, or on all (`*`). */
export interface Grant {
  readonly role: Role
  /** Whether they may read what messages say. */
  readonly payloads: boolean
}

export interface Visitor {
  /** null: not signed in. */
  readonly name: string | null
  /** open: there are no users, and everyone who reaches the console may do everything. */
  readonly kind: 'open' | 'anonymous' | 'local' | 'oidc'
  /** By cluster; `*` for all that are not named. */
  readonly grants: Readonly<Record<string, Grant>>
}

export const openVisitor: Visitor = { name: null, kind: 'open', grants: { '*': { role: 'admin', payloads: true } } }
export const anonymousVisitor: Visitor = { name: null, kind: 'anonymous', grants: {} }

/** The grant that holds on a cluster. */
export function grantOn(visitor: Visitor, clusterId: string): Grant | null {
  const { grants } = visitor
  if (Object.hasOwn(grants, clusterId)) return grants[clusterId] ?? null
  return grants['*'] ?? null
}

/** Whether a visitor holds a permission on a cluster, read-only mode aside. */
export function isPermitted(visitor: Visitor, permission: Permission, clusterId: string | null): boolean {
  if (permission === 'public') return true
  if (permission === 'self') return visitor.kind !== 'anonymous'
  if (clusterId === null) return false
  const grant = grantOn(visitor, clusterId)
  if (!grant) return false
  return permission === 'payloads' ? grant.payloads : permissionsOfRole[grant.role].has(permission)
}

/** What to write into audit entries and logs. */
export function visitorText(visitor: Visitor): string {
  return visitor.name ?? visitor.kind
}
