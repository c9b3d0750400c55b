// Notes: a small REST backend on one table.
//   POST /notes {"text": "…"} → 201   GET /notes → 200   GET|PUT|DELETE /notes/{id} → 200, 404
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

const TableName = process.env.TABLE_NAME;
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

const reply = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: body === undefined ? '' : JSON.stringify(body),
});

async function createNote({ text }) {
  if (typeof text !== 'string' || text === '') return reply(400, { message: 'text is required' });
  const note = { id: randomUUID(), text, createdAt: new Date().toISOString(), revision: 1 };
  await table.send(new PutCommand({ TableName, Item: note, ConditionExpression: 'attribute_not_exists(id)' }));
  return reply(201, note);
}

async function listNotes() {
  const { Items } = await table.send(new ScanCommand({ TableName, Limit: 100 }));
  return reply(200, Items.sort((a, b) => a.createdAt.localeCompare(b.createdAt)));
}

async function getNote(id) {
  const { Item } = await table.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }));
  return Item ? reply(200, Item) : reply(404, { message: 'no such note' });
}

async function updateNote(id, { text }) {
  if (typeof text !== 'string' || text === '') return reply(400, { message: 'text is required' });
  try {
    const { Attributes } = await table.send(new UpdateCommand({
      TableName,
      Key: { id },
      UpdateExpression: 'SET #text = :text, revision = revision + :one',
      ConditionExpression: 'attribute_exists(id)',
      ExpressionAttributeNames: { '#text': 'text' },
      ExpressionAttributeValues: { ':text': text, ':one': 1 },
      ReturnValues: 'ALL_NEW',
    }));
    return reply(200, Attributes);
  } catch (error) {
    if (error.name === 'ConditionalCheckFailedException') return reply(404, { message: 'no such note' });
    throw error;
  }
}

async function deleteNote(id) {
  const { Attributes } = await table.send(new DeleteCommand({ TableName, Key: { id }, ReturnValues: 'ALL_OLD' }));
  return Attributes ? reply(200, Attributes) : reply(404, { message: 'no such note' });
}

export async function handler(event) {
  const id = event.pathParameters?.id;
  let body = {};
  if (event.body) {
    try {
      body = JSON.parse(event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body);
    } catch {
      return reply(400, { message: 'the body is not JSON' });
    }
  }
  console.log(`${event.httpMethod} ${event.path}`);
  switch (`${event.httpMethod} ${event.resource}`) {
    case 'POST /notes': return createNote(body);
    case 'GET /notes': return listNotes();
    case 'GET /notes/{id}': return getNote(id);
    case 'PUT /notes/{id}': return updateNote(id, body);
    case 'DELETE /notes/{id}': return deleteNote(id);
    default: return reply(405, { message: 'method not allowed' });
  }
}
