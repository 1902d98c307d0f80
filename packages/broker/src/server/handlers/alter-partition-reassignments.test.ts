import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterPartitionReassignments, errors, Reader, type ResponseOutput, Writer } from '@odradek/protocol'
import { controllerKey } from '../../metadata/keys.ts'
import type { EventBatch } from '../../metadata/store.ts'
import { but, logger, openMetadata, openStore, request, startHost } from '../../metadata/testing/simulated-metadata.ts'
import { Exchange } from '../exchange.ts'
import type { ServerConnection } from '../server-connection.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'

type Response = ResponseOutput<typeof AlterPartitionReassignments>

/** A broker of two that is controller, and may be kept from hearing what changes in the store. */
async function startController() {
  const host = startHost()
  const store = openStore(host)
  let isHearing = true
  const late = but(store, {
    watch: (prefix, fromRevision, handlers) => {
      const events = (batches: readonly EventBatch[]) => {
        if (isHearing) handlers.events(batches)
      }
      return store.watch(prefix, fromRevision, { ...handlers, events })
    },
  })
  const metadata = await openMetadata(host, late)
  const other = await openMetadata(host, store, { nodeId: 2 })
  const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
  await host.world.complete(metadata.createTopics(['t', 'u'].map((name) => request(name, { assignments }))))

  /** Serves one request to move both topics. */
  const serve = () =>
    new Promise<Response>((resolve) => {
      const writer = new Writer()
      const topics = ['t', 'u'].map((name) => ({ name, partitions: [{ partitionIndex: 0, replicas: [2, 1] }] }))
      AlterPartitionReassignments.request.encode(writer, { topics }, 1)
      const connection = {
        broker: { metadata, host, logger },
        answered: ({ response }: Exchange) => resolve(response as Response),
      } as unknown as ServerConnection
      const exchange = new Exchange(connection, AlterPartitionReassignments as never, 1, 1, null, 0, 0)
      const response = alterPartitionReassignments.serve(new Reader(writer.buffer), exchange)
      if (response !== undefined) resolve(response as Response)
    })

  return {
    metadata,
    moved: () => host.world.complete(serve()),
    /** The other broker becomes controller; nobody tells this one. */
    async replace() {
      isHearing = false
      const remove = { kind: 'delete', key: controllerKey } as const
      await host.world.complete(store.transact({ compares: [], success: [remove] }))
      await host.world.runUntil(() => other.isController)
    },
  }
}

describe('AlterPartitionReassignments', () => {
  it('is answered by the controller, for each partition', async () => {
    const { moved } = await startController()
    const { errorCode, responses } = await moved()
    assert.equal(errorCode, 0)
    assert.deepEqual(
      responses.map(({ name, partitions }) => [name, partitions.map((partition) => partition.errorCode)]),
      [
        ['t', [0]],
        ['u', [0]],
      ],
    )
  })

  it('is refused at the top by one who has not heard that another is controller: there clients look for that', async () => {
    const { metadata, moved, replace } = await startController()
    await replace()
    assert.equal(metadata.controllerElsewhere, null, 'it has not heard')
    const { errorCode, errorMessage, responses } = await moved()
    assert.deepEqual(
      [errorCode, errorMessage, responses],
      [errors.NOT_CONTROLLER.code, 'Broker 2 is the controller.', []],
    )
  })
})
