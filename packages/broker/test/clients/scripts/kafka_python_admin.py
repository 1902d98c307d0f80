"""kafka-python as an administrator."""

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import (
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)

from kafka_python_play import play


def refuses(ask, error, text=''):
    try:
        ask()
    except error as refusal:
        assert text in str(refusal), refusal
        return
    raise AssertionError(f'It was done where {error.__name__} was due')


def topics(bootstrap):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic('made', 2, 1)])
    refuses(lambda: admin.create_topics([NewTopic('made', 2, 1)]), TopicAlreadyExistsError, 'already exists')
    refuses(lambda: admin.create_topics([NewTopic('spaces in it', 1, 1)]), InvalidTopicError)
    refuses(lambda: admin.create_topics([NewTopic('replicated', 1, 3)]), InvalidReplicationFactorError)
    admin.create_partitions({'made': NewPartitions(5)})
    refuses(lambda: admin.create_partitions({'made': NewPartitions(2)}), InvalidPartitionsError)
    [made] = admin.describe_topics(['made'])
    assert (made['error_code'], made['topic'], len(made['partitions'])) == (0, 'made', 5)
    assert all((each['leader'], each['replicas'], each['isr']) == (1, [1], [1]) for each in made['partitions'])
    assert 'made' in admin.list_topics()
    admin.delete_topics(['made'])
    assert 'made' not in admin.list_topics()
    refuses(lambda: admin.delete_topics(['made']), UnknownTopicOrPartitionError)
    admin.close()


def configs(bootstrap):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic('configured', 1, 1, topic_configs={'retention.ms': '3600000'})])
    refuses(
        lambda: admin.create_topics([NewTopic('wrong', 1, 1, topic_configs={'retention.ms': 'soon'})]),
        InvalidConfigurationError,
        'retention.ms must be',
    )

    def describe(type, name):
        [response] = admin.describe_configs([ConfigResource(type, name)])
        [resource] = response.resources
        assert resource[0] == 0, resource
        return {entry[0]: entry[1] for entry in resource[4]}

    before = describe(ConfigResourceType.TOPIC, 'configured')
    assert (before['retention.ms'], before['cleanup.policy']) == ('3600000', 'delete')
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, 'configured', {'segment.bytes': '1048576'})])
    after = describe(ConfigResourceType.TOPIC, 'configured')
    assert (after['segment.bytes'], after['retention.ms']) == ('1048576', '604800000')
    assert describe(ConfigResourceType.BROKER, '1')['num.partitions'] == '1'
    admin.close()


def cluster(bootstrap):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    described = admin.describe_cluster()
    host, port = bootstrap.split(':')
    assert described['brokers'] == [{'node_id': 1, 'host': host, 'port': int(port), 'rack': None}]
    assert described['controller_id'] == 1
    assert len(described['cluster_id']) == 22
    admin.close()


if __name__ == '__main__':
    play({each.__name__: each for each in [topics, configs, cluster]})
