"""kafka-python 2.0.2, as Debian ships it: it knows no idempotence and no static members."""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

DEADLINE_SECONDS = 30


def create_topic(bootstrap, topic, partitions=1, configs=None):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])
    admin.close()


def produce(bootstrap, topic, values, partitions=1, **settings):
    producer = KafkaProducer(bootstrap_servers=bootstrap, **settings)
    for number, value in enumerate(values):
        producer.send(topic, value, partition=number % partitions)
    producer.flush()
    producer.close()


def take(consumer, count):
    """The next `count` records."""
    records = []
    until = time.monotonic() + DEADLINE_SECONDS
    while len(records) < count:
        assert time.monotonic() < until, f'{len(records)} records came where {count} were due'
        for batch in consumer.poll(200).values():
            records.extend(batch)
    return records


def read(bootstrap, topic, count, **settings):
    """The first `count` records of a topic, from its beginning."""
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset='earliest', **settings)
    records = take(consumer, count)
    consumer.close()
    return records


def play(scenes):
    """Plays the scene named on the command line, against the broker named there."""
    name, bootstrap = sys.argv[1:3]
    scenes[name](bootstrap)
    print('played', name)
