"""What kafka-python writes and reads."""

import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, MessageSizeTooLargeError

from kafka_python_play import create_topic, play, produce, read, take


def codecs(bootstrap):
    """Each codec with each acks into a topic of its own, codec-<codec>-<acks>."""
    values = [f'record {number} {"grün " * 10}'.encode() for number in range(100)]
    for codec in [None, 'gzip', 'snappy', 'lz4', 'zstd']:
        for acks in [0, 1, 'all']:
            topic = f'codec-{codec or "none"}-{acks}'
            create_topic(bootstrap, topic)
            produce(bootstrap, topic, values, compression_type=codec, acks=acks, linger_ms=50)
            assert [record.value for record in read(bootstrap, topic, 100)] == values, topic


def many(bootstrap):
    values = [str(number).encode() for number in range(10_000)]
    produce(bootstrap, 'many', values, linger_ms=5)
    assert [record.value for record in read(bootstrap, 'many', len(values))] == values


def shapes(bootstrap):
    create_topic(bootstrap, 'shapes')
    big = b'x' * 900_000
    headers = [('grün', 'ja'.encode()), ('twice', b'a'), ('twice', b'b'), ('empty', b'')]
    timestamp = int(time.time() * 1000) - 5000
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send('shapes', '値🐟'.encode(), key='ключ'.encode(), headers=headers, timestamp_ms=timestamp)
    producer.send('shapes', b'no key')
    producer.send('shapes', None, key=b'tombstone')
    producer.send('shapes', b'', key=b'')
    metadata = producer.send('shapes', big, key=b'big').get(10)
    producer.close()
    assert (metadata.topic, metadata.partition, metadata.offset) == ('shapes', 0, 4)
    records = read(bootstrap, 'shapes', 5)
    assert [(record.key, record.value, record.offset) for record in records] == [
        ('ключ'.encode(), '値🐟'.encode(), 0),
        (None, b'no key', 1),
        (b'tombstone', None, 2),
        (b'', b'', 3),
        (b'big', big, 4),
    ]
    assert records[0].headers == headers, records[0].headers
    assert records[0].timestamp == timestamp


def positions(bootstrap):
    partition = TopicPartition('positions', 0)
    create_topic(bootstrap, 'positions')
    begin = int(time.time() * 1000) - 100_000
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=50)
    for number in range(10):
        producer.send('positions', str(number).encode(), timestamp_ms=begin + number * 1000)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset='earliest')
    consumer.assign([partition])
    consumer.seek(partition, 7)
    assert [record.value for record in take(consumer, 3)] == [b'7', b'8', b'9']
    consumer.seek_to_beginning(partition)
    assert take(consumer, 1)[0].value == b'0'
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 10}
    found = consumer.offsets_for_times({partition: begin + 3500})[partition]
    assert (found.offset, found.timestamp) == (4, begin + 4000)
    assert consumer.offsets_for_times({partition: begin + 50_000})[partition] is None
    consumer.seek(partition, 999)  # beyond the end: auto_offset_reset says where to go
    assert take(consumer, 1)[0].value == b'0'
    consumer.close()


def keys(bootstrap):
    create_topic(bootstrap, 'keys', 4)
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for number in range(400):
        producer.send('keys', str(number).encode(), key=f'key {number % 20}'.encode())
    producer.close()
    partitions = {}
    last = {}
    for record in read(bootstrap, 'keys', 400):
        assert partitions.setdefault(record.key, record.partition) == record.partition
        assert last.get(record.key, -1) < int(record.value)
        last[record.key] = int(record.value)
    assert len(partitions) == 20
    assert len(set(partitions.values())) > 1


def refusals(bootstrap):
    """Topics that come into being, and errors that reach whoever sent."""
    produce(bootstrap, 'made-by-producer', [b'x'])
    assert read(bootstrap, 'made-by-producer', 1)[0].value == b'x'
    create_topic(bootstrap, 'strict', 1, {'cleanup.policy': 'compact', 'max.message.bytes': '20000'})
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    refuses(producer.send('strict', b'no key'), KafkaError)
    refuses(producer.send('strict', b'x' * 30_000, key=b'k'), MessageSizeTooLargeError)
    assert producer.send('strict', b'v', key=b'k').get(10).offset == 0
    producer.close()


def refuses(sent, error):
    try:
        sent.get(10)
    except error:
        return
    raise AssertionError(f'It was accepted where {error.__name__} was due')


if __name__ == '__main__':
    play({each.__name__: each for each in [codecs, many, shapes, positions, keys, refusals]})
