/** Whoever asks: what they are called and what they may do where. */
import { type Permission, permissionsOfRole, type Role } from './permissions.ts'

/** What someone may do on one cluster, or on all (`*`). */
export interface Grant {
  readonly role: Role
  /** Whether they may read what messages say. */
  readonly payloads: boolean
  /** Whether they may send a message again with other words than it had; admins may. */
  readonly edit?: boolean | undefined
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
  if (permission === 'payloads') return grant.payloads
  if (permission === 'edit') return mayEdit(grant)
  return permissionsOfRole[grant.role].has(permission)
}

/** Whether a grant lets change what a message says before it is sent again. */
export function mayEdit({ role, payloads, edit }: Grant): boolean {
  return payloads && (role === 'admin' || (role === 'operator' && edit === true))
}

/** Whether a name is what is written of those who did not sign in: nobody else is called so. */
export function isReservedName(name: string): boolean {
  return name === openVisitor.kind || name === anonymousVisitor.kind
}

/** What to write into audit entries and logs. */
export function visitorText(visitor: Visitor): string {
  return visitor.name ?? visitor.kind
}
