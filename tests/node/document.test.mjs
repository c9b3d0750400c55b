// @aws-sdk/lib-dynamodb: plain JavaScript values in and out of every operation that the document client has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, DescribeStreamCommand, GetShardIteratorCommand, GetRecordsCommand } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocument, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';

const db = new dynamodb.DynamoDBClient({});
const doc = DynamoDBDocument.from(db, { marshallOptions: { removeUndefinedValues: true } });
const TableName = 'document-client';

before(async () => {
  await db.send(new dynamodb.CreateTableCommand({
    TableName, BillingMode: 'PAY_PER_REQUEST', StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    AttributeDefinitions: ['pk', 'sk', 'kind'].map((AttributeName) => ({ AttributeName, AttributeType: AttributeName === 'sk' ? 'N' : 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    GlobalSecondaryIndexes: [{ IndexName: 'byKind', KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' } }] }));
  await dynamodb.waitUntilTableExists({ client: db, maxWaitTime: 20, minDelay: 1 }, { TableName });
});
after(() => db.send(new dynamodb.DeleteTableCommand({ TableName })));

test('batch write and get', async () => {
  const puts = Array.from({ length: 25 }, (_, sk) => ({ PutRequest: { Item: { pk: 'p', sk, kind: sk % 2 ? 'odd' : 'even', extra: { n: sk } } } }));
  assert.deepEqual((await doc.batchWrite({ RequestItems: { [TableName]: puts } })).UnprocessedItems, {});
  const { Responses } = await doc.batchGet({ RequestItems: { [TableName]: { Keys: [{ pk: 'p', sk: 3 }, { pk: 'p', sk: 99 }] } } });
  assert.deepEqual(Responses[TableName], [{ pk: 'p', sk: 3, kind: 'odd', extra: { n: 3 } }]);
});

test('paginators see everything once', async () => {
  const seen = [];
  for await (const page of paginateQuery({ client: doc, pageSize: 4 }, {
    TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'p' } })) seen.push(...page.Items.map(({ sk }) => sk));
  assert.deepEqual(seen, Array.from({ length: 25 }, (_, n) => n));
  let odd = 0;
  for await (const page of paginateQuery({ client: doc, pageSize: 3 }, {
    TableName, IndexName: 'byKind', KeyConditionExpression: 'kind = :k', ExpressionAttributeValues: { ':k': 'odd' } })) odd += page.Count;
  assert.equal(odd, 12);
  let scanned = 0;
  for await (const page of paginateScan({ client: doc, pageSize: 6 }, { TableName })) scanned += page.Count;
  assert.equal(scanned, 25);
});

test('transactions', async () => {
  await doc.transactWrite({ TransactItems: [
    { Put: { TableName, Item: { pk: 't', sk: 1, n: 1 }, ConditionExpression: 'attribute_not_exists(pk)' } },
    { Update: { TableName, Key: { pk: 't', sk: 2 }, UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': 2 } } }] });
  const { Responses } = await doc.transactGet({ TransactItems: [1, 2, 3].map((sk) => ({ Get: { TableName, Key: { pk: 't', sk } } })) });
  assert.deepEqual(Responses.map(({ Item }) => Item?.n), [1, 2, undefined]);
  await assert.rejects(doc.transactWrite({ TransactItems: [
    { Put: { TableName, Item: { pk: 't', sk: 1 }, ConditionExpression: 'attribute_not_exists(pk)' } },
    { Delete: { TableName, Key: { pk: 't', sk: 2 } } }] }),
  (error) => error.name === 'TransactionCanceledException' && error.CancellationReasons[0].Code === 'ConditionalCheckFailed' &&
    error.CancellationReasons[1].Code === 'None');
});

test('PartiQL', async () => {
  await doc.executeStatement({ Statement: `INSERT INTO "${TableName}" VALUE {'pk': ?, 'sk': ?, 'list': [1, 'two']}`, Parameters: ['q', 1] });
  const { Items } = await doc.executeStatement({ Statement: `SELECT * FROM "${TableName}" WHERE pk = ? AND sk = 1`, Parameters: ['q'] });
  assert.deepEqual(Items, [{ pk: 'q', sk: 1, list: [1, 'two'] }]);
});

test('conditional failure carries the item', async () => {
  await doc.put({ TableName, Item: { pk: 'c', sk: 1, v: 'old' } });
  await assert.rejects(doc.put({ TableName, Item: { pk: 'c', sk: 1 }, ConditionExpression: 'v = :v', ExpressionAttributeValues: { ':v': 'new' },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
  (error) => error.name === 'ConditionalCheckFailedException' && (error.Item.v.S ?? error.Item.v) === 'old');
});

test('the stream tells of every change in order', async () => {
  for (const v of [1, 2]) await doc.put({ TableName, Item: { pk: 'streamed', sk: 1, v } });
  await doc.delete({ TableName, Key: { pk: 'streamed', sk: 1 } });
  const streams = new DynamoDBStreamsClient({});
  const { Table } = await db.send(new dynamodb.DescribeTableCommand({ TableName }));
  const StreamArn = Table.LatestStreamArn;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const events = [];
  for (const { ShardId } of StreamDescription.Shards) {
    let { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
    for (let empty = 0; ShardIterator && empty < 3;) {
      const answer = await streams.send(new GetRecordsCommand({ ShardIterator }));
      empty = answer.Records.length ? 0 : empty + 1;
      events.push(...answer.Records.filter((record) => record.dynamodb.Keys.pk.S === 'streamed'));
      ShardIterator = answer.NextShardIterator;
    }
  }
  assert.deepEqual(events.map(({ eventName }) => eventName), ['INSERT', 'MODIFY', 'REMOVE']);
  assert.equal(events[1].dynamodb.OldImage.v.N, '1');
  assert.equal(events[1].dynamodb.NewImage.v.N, '2');
});
