/** A target that takes nothing for a while: nothing is dropped, and everybody can see why it does not come. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { it } from 'node:test'
import { errors } from '@odradek/protocol'
import { TOPIC, timedScene } from './timed-scene.ts'

it('what is due is tried again, more and more seldom, says why, and comes once', () =>
  timedScene(async ({ core, send, delivered }) => {
    const target = core.partitions.get(TOPIC, 0)!
    const [intake] = [...core.intakes]
    let tries = 0
    target.append = () => {
      tries++
      const { code: errorCode } = errors.NOT_ENOUGH_REPLICAS
      return { errorCode, baseOffset: -1, lastOffset: -1, logAppendTime: -1, duplicate: false }
    }
    await send(100)
    equal(await delivered(60_000), 0)
    const [refusal] = intake!.refusals
    equal(refusal!.errorCode, errors.NOT_ENOUGH_REPLICAS.code)
    match(refusal!.text, /^t-0 refuses records: NOT_ENOUGH_REPLICAS$/)
    equal(refusal!.attempts, tries)
    ok(tries > 5 && tries < 20, `${tries} tries in a minute`)
    equal(intake!.waitingCount, 1)
    await send(50)
    Reflect.deleteProperty(target, 'append')
    equal(await delivered(11_000), 2)
    deepEqual(intake!.refusals, [null, null])
    equal(intake!.waitingCount, 0)
    equal(await delivered(60_000), 2, 'once')
  }))
