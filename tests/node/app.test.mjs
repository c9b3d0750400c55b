// The whole app with @aws-sdk v3: table, role, function, REST API, and a call through all of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { zipSync, strToU8 } from 'fflate';
import * as apigateway from '@aws-sdk/client-api-gateway';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as sts from '@aws-sdk/client-sts';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';

const db = new dynamodb.DynamoDBClient({});
const doc = DynamoDBDocument.from(db);
const functions = new lambda.LambdaClient({});
const apis = new apigateway.APIGatewayClient({});
const roles = new iam.IAMClient({});

const TableName = 'node-visits';
const source = `
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
const doc = DynamoDBDocument.from(new DynamoDBClient({}));
export const handler = async (event) => {
  if (event.fail) throw new TypeError('asked to fail');
  const id = decodeURIComponent(event.pathParameters?.id ?? event.id);
  const { Attributes } = await doc.update({
    TableName: process.env.TABLE, Key: { id }, UpdateExpression: 'ADD visits :one',
    ExpressionAttributeValues: { ':one': 1 }, ReturnValues: 'ALL_NEW' });
  return { statusCode: 200, headers: { 'x-kind': 'visit' }, body: JSON.stringify(Attributes) };
};`;

let functionArn;

before(async () => {
  await db.send(new dynamodb.CreateTableCommand({
    TableName, BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }));
  await dynamodb.waitUntilTableExists({ client: db, maxWaitTime: 20, minDelay: 1 }, { TableName });
  const { Role } = await roles.send(new iam.CreateRoleCommand({
    RoleName: 'node-role',
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] }) }));
  const created = await functions.send(new lambda.CreateFunctionCommand({
    FunctionName: 'node-visits', Runtime: 'nodejs20.x', Handler: 'index.handler', Role: Role.Arn, Timeout: 10,
    Code: { ZipFile: zipSync({ 'index.mjs': strToU8(source) }) }, Environment: { Variables: { TABLE: TableName } } }));
  functionArn = created.FunctionArn;
  await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 20, minDelay: 1 }, { FunctionName: 'node-visits' });
});

after(async () => {
  await functions.send(new lambda.DeleteFunctionCommand({ FunctionName: 'node-visits' }));
  await db.send(new dynamodb.DeleteTableCommand({ TableName }));
});

test('document client round-trips every type', async () => {
  const Item = { id: 'types', s: 'é', n: 1.5, big: 12345678901234567890n, b: new Uint8Array([0, 255]), t: true, z: null,
    l: [1, 'a', { deep: [] }], m: { k: { k: 'v' } }, ss: new Set(['a', 'b']), ns: new Set([1, 2]), empty: '' };
  await doc.put({ TableName, Item });
  const found = await doc.get({ TableName, Key: { id: 'types' }, ConsistentRead: true });
  assert.deepEqual(found.Item, Item);
});

test('typed errors are raised', async () => {
  await assert.rejects(doc.get({ TableName: 'nowhere', Key: { id: 'x' } }), dynamodb.ResourceNotFoundException);
  await doc.put({ TableName, Item: { id: 'once' } });
  await assert.rejects(doc.put({ TableName, Item: { id: 'once' }, ConditionExpression: 'attribute_not_exists(id)' }),
    dynamodb.ConditionalCheckFailedException);
  await assert.rejects(functions.send(new lambda.GetFunctionCommand({ FunctionName: 'nowhere' })),
    lambda.ResourceNotFoundException);
  await assert.rejects(roles.send(new iam.GetRoleCommand({ RoleName: 'nowhere' })), iam.NoSuchEntityException);
  await assert.rejects(apis.send(new apigateway.GetRestApiCommand({ restApiId: 'nowhere' })), apigateway.NotFoundException);
});

test('query and scan page through', async () => {
  for (let i = 0; i < 7; i++) await doc.put({ TableName, Item: { id: `page-${i}`, page: true } });
  const seen = [];
  let ExclusiveStartKey;
  do {
    const page = await doc.scan({ TableName, Limit: 2, ExclusiveStartKey,
      FilterExpression: 'page = :t', ExpressionAttributeValues: { ':t': true } });
    seen.push(...page.Items.map((item) => item.id));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4, 5, 6].map((i) => `page-${i}`));
});

test('a function reaches the table with no endpoint configured', async () => {
  const answer = await functions.send(new lambda.InvokeCommand({
    FunctionName: 'node-visits', Payload: JSON.stringify({ id: 'direct' }), LogType: 'Tail' }));
  assert.equal(answer.FunctionError, undefined, Buffer.from(answer.Payload).toString());
  assert.deepEqual(JSON.parse(JSON.parse(Buffer.from(answer.Payload)).body), { id: 'direct', visits: 1 });
  assert.match(Buffer.from(answer.LogResult, 'base64').toString(), /^START RequestId: [\s\S]*REPORT RequestId: /);
});

test('an error of the function comes back as AWS shapes it', async () => {
  const answer = await functions.send(new lambda.InvokeCommand({
    FunctionName: 'node-visits', Payload: JSON.stringify({ fail: true }) }));
  assert.equal(answer.FunctionError, 'Unhandled');
  const { errorType, errorMessage, trace } = JSON.parse(Buffer.from(answer.Payload));
  assert.equal(errorType, 'TypeError');
  assert.equal(errorMessage, 'asked to fail');
  assert.ok(Array.isArray(trace) && trace[0] === 'TypeError: asked to fail');
});

test('a REST API reaches the function and the table', async () => {
  const { id: restApiId, rootResourceId } = await apis.send(new apigateway.CreateRestApiCommand({ name: 'visits' }));
  const { id: visits } = await apis.send(new apigateway.CreateResourceCommand({ restApiId, parentId: rootResourceId, pathPart: 'visits' }));
  const { id: visit } = await apis.send(new apigateway.CreateResourceCommand({ restApiId, parentId: visits, pathPart: '{id}' }));
  await apis.send(new apigateway.PutMethodCommand({ restApiId, resourceId: visit, httpMethod: 'GET', authorizationType: 'NONE' }));
  await apis.send(new apigateway.PutIntegrationCommand({
    restApiId, resourceId: visit, httpMethod: 'GET', type: 'AWS_PROXY', integrationHttpMethod: 'POST',
    uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations` }));
  await apis.send(new apigateway.CreateDeploymentCommand({ restApiId, stageName: 'dev' }));
  const url = `${process.env.AWS_ENDPOINT_URL}/_aws/execute-api/${restApiId}/dev/visits/a%20b`;

  const refused = await fetch(url);
  assert.equal(refused.status, 500, 'without a permission the function is not called');

  const { Account } = await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}));
  await functions.send(new lambda.AddPermissionCommand({
    FunctionName: 'node-visits', StatementId: 'api', Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:aws:execute-api:us-east-1:${Account}:${restApiId}/*/GET/visits/*` }));
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-kind'), 'visit');
  assert.deepEqual(await answer.json(), { id: 'a b', visits: 1 });

  const missing = await fetch(url.replace('visits', 'nothing'));
  assert.equal(missing.status, 403);
  assert.deepEqual(await missing.json(), { message: 'Missing Authentication Token' });
  await apis.send(new apigateway.DeleteRestApiCommand({ restApiId }));
});
