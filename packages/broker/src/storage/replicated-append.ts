/** A follower's append: what its leader decided is taken as it is, once it is known to be whole and to follow. */
import { BatchHeader, CorruptBatchError, readBatchHeader, type Slice, verifyBatchCrc } from '@odradek/protocol'
import { controlRecordOf } from './control-record-of.ts'
import { noRoomError } from './disk-room.ts'
import { putBatch } from './log-append.ts'
import type { LogState } from './log-state.ts'

/** See Log.appendReplicated. */
export function appendReplicated(state: LogState, { buffer, view, start: from, end: to }: Slice): void {
  if (state.failed !== null) throw state.failed
  state.finishCut()
  const header = new BatchHeader()
  for (let start = from; start < to; start += header.sizeInBytes) {
    if (!verifyBatchCrc(buffer, view, start)) throw new CorruptBatchError(`No whole, undamaged batch at byte ${start}.`)
    readBatchHeader(view, start, header)
    const end = start + header.sizeInBytes
    if (end > to || header.magic !== 2) throw new CorruptBatchError(`No whole batch at byte ${start}.`)
    if (header.baseOffset < state.endOffset || header.lastOffsetDelta < 0)
      throw new CorruptBatchError(`Batch at offset ${header.baseOffset} does not follow the end ${state.endOffset}.`)
    const batch = { buffer, view, start, end }
    if (!putBatch(state, batch, header, header.isControl ? controlRecordOf(batch) : null))
      throw noRoomError(state.directory)
  }
}
