/** Sends the cases of a failure to a new broker, one after the other, and looks after each whether it has shown again. */
import { Attacker } from './attacker.ts'
import type { FuzzCase } from './fuzz-case.ts'
import type { CaseRecord, FailureRecord } from './run-fuzz.ts'
import { Subject } from './subject.ts'

const PATIENCE_MS = 200

export interface Replayed {
  readonly problem: string
  readonly fuzzCase: CaseRecord
}

/** The first case after which something is wrong; null where all went well. */
export async function replay(failure: FailureRecord): Promise<Replayed | null> {
  await using subject = await Subject.start()
  const ids = await subject.prepare()
  const attacker = new Attacker(subject.host, subject.port, PATIENCE_MS)
  for (const fuzzCase of failure.cases) {
    try {
      await attacker.run(withIds(fuzzCase, failure.topicIds, ids))
      await subject.check()
    } catch (error) {
      attacker.close()
      return { problem: (error as Error).message, fuzzCase }
    }
  }
  attacker.close()
  try {
    await subject.finish()
  } catch (error) {
    return { problem: (error as Error).message, fuzzCase: failure.cases.at(-1)! }
  }
  return null
}

/** The case with the ids that the topics have now. */
function withIds(
  record: CaseRecord,
  then: Readonly<Record<string, string>>,
  now: ReadonlyMap<string, string>,
): FuzzCase {
  const pieces = record.pieces.map((hex) => {
    let text = hex
    for (const [name, id] of Object.entries(then)) {
      const is = now.get(name)
      if (is !== undefined) text = text.replaceAll(hexOf(id), hexOf(is))
    }
    return Buffer.from(text, 'hex')
  })
  return { ...record, pieces }
}

function hexOf(id: string): string {
  return Buffer.from(id, 'base64url').toString('hex')
}
