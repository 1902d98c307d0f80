/** Every metric that `/metrics` shows, as data: the collector and docs/operations.md both read these rows. */

export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

function row(type: MetricRow['type'], labels: readonly string[], help: string): MetricRow {
  return { type, help, labels }
}

export const metricTable = {
  odradek_requests_total: row('counter', ['api'], 'Requests answered.'),
  odradek_request_errors_total: row(
    'counter',
    ['api', 'error'],
    'Error codes in answers; one answer may have several.',
  ),
  odradek_request_duration_seconds: row(
    'histogram',
    ['api', 'phase'],
    'Where the time of a request went: queue (came, not read yet), local (read and decided), wait (for the disk, replicas, records or other members), send (answered, not taken by the kernel yet).',
  ),
  odradek_received_bytes_total: row('counter', [], 'Bytes received from clients.'),
  odradek_sent_bytes_total: row('counter', [], 'Bytes of answers handed to the kernel.'),
  odradek_connections: row('gauge', [], 'Connections of clients now.'),
  odradek_client_warnings_total: row(
    'counter',
    ['kind'],
    'Warnings about clients, logged or left out of the log: connection (refused as it came), request (closed for what it sent), batch (refused), limit (reached).',
  ),
  odradek_request_memory_bytes: row(
    'gauge',
    ['use'],
    'Memory of requests and answers under way: frame (requests that come in pieces), backlog (requests behind one that waits), made (answers being made, about), answer (not taken by the kernel).',
  ),
  odradek_request_memory_max_bytes: row('gauge', [], 'memory.request.bytes.max.'),
  odradek_request_memory_waiting: row('gauge', [], 'Connections that are not read until there is memory.'),
  odradek_fetches_parked: row('gauge', [], 'Fetches that wait for records.'),
  odradek_fetch_sessions: row('gauge', [], 'Fetch sessions that are remembered.'),
  odradek_groups: row('gauge', [], 'Consumer groups coordinated here.'),
  odradek_waiting_records: row('gauge', ['topic'], 'Records of timed messages and retries that wait.'),
  odradek_waiting_refused_partitions: row(
    'gauge',
    [],
    'Partitions whose due records are not taken where they should go; GET /v1/delayed says why.',
  ),
  odradek_topics: row('gauge', [], 'Topics of the cluster, internal ones included.'),
  odradek_partitions_led: row('gauge', [], 'Partitions led by this broker.'),
  odradek_partitions_under_replicated: row('gauge', [], 'Partitions led here with a replica that is not in sync.'),
  odradek_partitions_offline: row('gauge', [], 'Partitions led here whose log cannot be used.'),
  odradek_log_size_bytes: row('gauge', ['topic'], 'Size of the log segments of a topic on this broker.'),
  odradek_segment_files_open: row('gauge', [], 'Segment files that are open.'),
  odradek_flush_duration_seconds: row('histogram', [], 'Flushes of logs to disk.'),
  odradek_flush_dirty_bytes: row('gauge', [], 'Bytes in logs led here that are not flushed to their own files yet.'),
  odradek_flush_syncs_total: row('counter', [], 'Calls of fdatasync and fsync for logs and the journal.'),
  odradek_journal_bytes: row('gauge', ['directory'], 'Size of the journal of a data directory (journal.bytes.max).'),
  odradek_journal_syncs_total: row('counter', [], 'Rounds of the journals: each made several logs durable.'),
  odradek_journal_written_bytes_total: row('counter', [], 'Bytes written to the journals.'),
  odradek_log_directory_offline: row(
    'gauge',
    ['directory'],
    '1 for a data directory that failed and is not used until the next start, else 0.',
  ),
  odradek_disk_used_bytes: row('gauge', ['directory'], 'Bytes in use on a disk, by whomever; as last measured.'),
  odradek_disk_free_bytes: row('gauge', ['directory'], 'Bytes of a disk that the broker may still fill.'),
  odradek_disk_state: row(
    'gauge',
    ['directory'],
    'What the share in use means: 0 roomy, 1 what is over goes at once, 2 the oldest segments go before their time, 3 records of clients are refused, 4 all are (disk.*.above.percent).',
  ),
  odradek_disk_refused_batches_total: row('counter', ['directory'], 'Batches refused because the disk is too full.'),
  odradek_disk_deleted_bytes: row(
    'gauge',
    ['directory'],
    'Bytes of segments that are deleted and not unlinked yet (file.delete.delay.ms).',
  ),
  odradek_cleanup_segments_total: row(
    'counter',
    ['reason'],
    'Segments deleted, because of time (retention.ms), size (retention.bytes) or forced (the disk is too full).',
  ),
  odradek_cleanup_bytes_total: row('counter', ['reason'], 'Bytes of those segments.'),
  odradek_compaction_passes_total: row('counter', [], 'Passes of compaction over a log.'),
  odradek_compaction_io_bytes_total: row('counter', [], 'Bytes read and written by compaction.'),
  odradek_compaction_freed_bytes_total: row('counter', [], 'Bytes by which compaction made logs smaller.'),
  odradek_compaction_waiting: row('gauge', [], 'Logs that wait for a pass.'),
  odradek_compaction_uncleanable: row(
    'gauge',
    [],
    'Logs that are left alone because something in them cannot be read.',
  ),
  odradek_compaction_progress_ratio: row('gauge', [], 'How far the pass that is on has come, 0 where none is.'),
  odradek_compaction_dirty_ratio: row(
    'gauge',
    ['topic'],
    'The share of a compacted topic that is new since the last pass, of its dirtiest partition.',
  ),
  odradek_recovery_logs: row(
    'gauge',
    ['state'],
    'Logs that the last start had to check after an unclean stop: open, left.',
  ),
  odradek_recovery_read_bytes: row('gauge', [], 'Bytes of batches that it read for that.'),
  odradek_recovery_duration_seconds: row('gauge', [], 'How long that took.'),
  odradek_scrub_read_bytes_total: row(
    'counter',
    [],
    'Bytes of closed segments read to find damage (scrub.interval.hours).',
  ),
  odradek_scrub_segments_total: row('counter', [], 'Closed segments read as a whole.'),
  odradek_scrub_found_total: row('counter', [], 'Damaged segments found by that.'),
  odradek_logs_damaged: row(
    'gauge',
    [],
    'Logs that are not served because they are damaged (GET /v1/logs tells which).',
  ),
  odradek_logs_lost: row(
    'gauge',
    [],
    'Logs with records whose directory was gone at the last start: fetched anew, or begun anew where nobody else has them.',
  ),
  odradek_event_loop_delay_seconds: row(
    'histogram',
    [],
    'How late the event loop was for what was due, every 20 ms, or 500 ms while there is little to do: a shorter stall may be missed then.',
  ),
  odradek_process_resident_bytes: row('gauge', [], 'Resident memory of the process.'),
  odradek_process_heap_bytes: row('gauge', [], 'Memory in use by JavaScript objects.'),
  odradek_process_external_bytes: row('gauge', [], 'Memory in use by buffers.'),
  odradek_process_cpu_seconds_total: row('counter', [], 'CPU time of the process, user and system.'),
} as const satisfies Readonly<Record<string, MetricRow>>

export type MetricName = keyof typeof metricTable
