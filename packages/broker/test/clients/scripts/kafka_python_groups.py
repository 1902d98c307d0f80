"""kafka-python in groups."""

import threading
import time

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.admin import KafkaAdminClient

from kafka_python_play import DEADLINE_SECONDS, create_topic, play, produce, take


def join(bootstrap, group, topic):
    return KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset='earliest',
        enable_auto_commit=False,
        heartbeat_interval_ms=100,
    )


class Member:
    """A consumer that polls on a thread of its own until it is told to leave."""

    def __init__(self, consumer):
        self.consumer = consumer
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.leaving.is_set():
            self.consumer.poll(100)
        self.consumer.close()

    def leave(self):
        self.leaving.set()
        self.thread.join()


def until(what, met):
    late = time.monotonic() + DEADLINE_SECONDS
    while not met():
        assert time.monotonic() < late, f'Waited {DEADLINE_SECONDS} s until {what}'
        time.sleep(0.02)


def rebalance(bootstrap):
    create_topic(bootstrap, 'shared', 4)
    members = []
    try:
        members.append(Member(join(bootstrap, 'sharing', 'shared')))
        first = members[0].consumer
        until('the first has all', lambda: len(first.assignment()) == 4)
        members.append(Member(join(bootstrap, 'sharing', 'shared')))
        second = members[1].consumer
        until('each has half', lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2)
        assert first.assignment() | second.assignment() == {TopicPartition('shared', index) for index in range(4)}

        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        [group] = admin.describe_consumer_groups(['sharing'])
        assert (group.state, group.protocol_type, group.protocol) == ('Stable', 'consumer', 'range')
        assert {member.client_host for member in group.members} == {'/127.0.0.1'}
        assert all(member.member_metadata.subscription == ['shared'] for member in group.members)
        admin.close()

        members.pop().leave()
        until('the first has all again', lambda: len(first.assignment()) == 4)
    finally:
        for member in members:
            member.leave()


def offsets(bootstrap):
    """Commits by hand, resumes there; an administrator reads and deletes."""
    partition = TopicPartition('committed', 0)
    create_topic(bootstrap, 'committed')
    produce(bootstrap, 'committed', [b'0', b'1', b'2', b'3'])
    consumer = join(bootstrap, 'committing', 'committed')
    take(consumer, 4)
    consumer.commit({partition: OffsetAndMetadata(2, 'so weit')})
    consumer.close(autocommit=False)
    consumer = join(bootstrap, 'committing', 'committed')
    assert [record.value for record in take(consumer, 2)] == [b'2', b'3']
    consumer.commit()
    assert consumer.committed(partition) == 4
    consumer.close(autocommit=False)

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    assert admin.list_consumer_group_offsets('committing') == {partition: OffsetAndMetadata(4, '')}
    assert ('committing', 'consumer') in admin.list_consumer_groups()
    [(group, error)] = admin.delete_consumer_groups(['committing'])
    assert (group, error.errno) == ('committing', 0)
    assert ('committing', 'consumer') not in admin.list_consumer_groups()
    assert admin.list_consumer_group_offsets('committing') == {}
    [(group, error)] = admin.delete_consumer_groups(['committing'])
    assert (group, error.errno) == ('committing', 69)
    admin.close()


if __name__ == '__main__':
    play({each.__name__: each for each in [rebalance, offsets]})
