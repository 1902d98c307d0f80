/** A process that runs a job: arguments as JSON. Tells on stdout what it has sent, and how it ended. */
import { Cluster, runResendJob } from '@odradek/client'

const { bootstrap, id, leaseMs } = JSON.parse(process.argv[2]!) as { bootstrap: string; id: string; leaseMs: number }
const cluster = new Cluster({ bootstrap: [bootstrap] })
try {
  const job = await runResendJob(cluster, id, {
    leaseMs,
    onProgress: ({ sent }) => process.stdout.write(`sent ${sent}\n`),
  })
  process.stdout.write(`ended ${job.state}\n`)
} catch (error) {
  process.stdout.write(`refused ${(error as Error).message}\n`)
} finally {
  await cluster.close()
}
