/**
 * What a client of a served store and its server say to each other. A request has a number that its answer repeats; a
 * watch has a number of the client's, under which events come until it is closed or has ended.
 */
import type { Entry, EventBatch, StoreErrorCode, Transaction, TransactionResult } from '../store.ts'

/** What can be asked, with what is answered. */
export interface StoreCalls {
  get: { request: { key: string }; response: { revision: number; entry: Entry | null } }
  list: { request: { prefix: string }; response: { revision: number; entries: readonly Entry[] } }
  transact: { request: { transaction: Transaction }; response: TransactionResult }
  grantLease: { request: { ttlMs: number }; response: string }
  keepAlive: { request: { lease: string }; response: boolean }
  revoke: { request: { lease: string }; response: null }
}

export type StoreCall = keyof StoreCalls

export type ClientMessage =
  | { [C in StoreCall]: { readonly id: number; readonly call: C } & StoreCalls[C]['request'] }[StoreCall]
  | { readonly watch: number; readonly prefix: string; readonly fromRevision: number }
  | { readonly unwatch: number }

export type ServerMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: StoreErrorCode; readonly message: string } }
  | { readonly watch: number; readonly batches: readonly EventBatch[] }
  | { readonly watch: number; readonly compacted: number }
