// npm dynamoose, unchanged, on Brume: the whole of what its users touch.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import dynamoose from 'dynamoose';
import * as dynamodb from '@aws-sdk/client-dynamodb';

const db = new dynamodb.DynamoDBClient({});
dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB({}));
const tables = [];

function tableOf(name, models, options = {}) {
  tables.push(name);
  return new dynamoose.Table(name, models, { throughput: 'ON_DEMAND', initialize: false, waitForActive: { enabled: true, check: { timeout: 20000, frequency: 20 } }, ...options });
}

after(async () => {
  for (const TableName of tables) await db.send(new dynamodb.DeleteTableCommand({ TableName })).catch(() => {});
});

describe('models', () => {
  const addressSchema = new dynamoose.Schema({ street: String, city: { type: String, required: true }, zip: Number });
  const userSchema = new dynamoose.Schema({
    id: { type: String, hashKey: true },
    email: { type: String, required: true, index: { name: 'byEmail', type: 'global' } },
    age: { type: Number, validate: (age) => age >= 0 },
    role: { type: String, enum: ['admin', 'reader'], default: 'reader' },
    address: addressSchema,
    tags: { type: Set, schema: [String] },
    scores: { type: Array, schema: [Number] },
    born: Date,
    active: { type: Boolean, default: true },
    secret: { type: String, set: (value) => `sealed:${value}`, get: (value) => value?.replace('sealed:', '') },
    photo: Buffer,
    parent: { type: String },
  }, { timestamps: true });
  const User = dynamoose.model('goose-users', userSchema);

  before(async () => {
    const table = tableOf('goose-users', [User]);
    await table.initialize();
  });

  test('the table is made with its index', async () => {
    const { Table } = await db.send(new dynamodb.DescribeTableCommand({ TableName: 'goose-users' }));
    assert.equal(Table.TableStatus, 'ACTIVE');
    assert.equal(Table.GlobalSecondaryIndexes[0].IndexName, 'byEmail');
    assert.equal(Table.GlobalSecondaryIndexes[0].Projection.ProjectionType, 'ALL');
    assert.equal(Table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
  });

  test('create, get, save, update, delete with every type', async () => {
    const born = new Date(Date.UTC(1990, 1, 2));
    const made = await User.create({
      id: 'u1', email: 'ada@example.org', age: 36, address: { street: 'Way 1', city: 'London', zip: 7 },
      tags: new Set(['x', 'y']), scores: [1, 2.5], born, secret: 'pw', photo: Buffer.from([1, 2, 255]) });
    assert.equal(made.id, 'u1');
    const found = await User.get('u1');
    assert.equal(found.email, 'ada@example.org');
    assert.equal(found.role, 'reader');
    assert.deepEqual({ ...found.address }, { street: 'Way 1', city: 'London', zip: 7 });
    assert.deepEqual(new Set(found.tags), new Set(['x', 'y']));
    assert.equal(found.born.getTime(), born.getTime());
    assert.equal(found.secret, 'pw');
    assert.deepEqual(Buffer.from(found.photo), Buffer.from([1, 2, 255]));
    assert.ok(found.createdAt);

    found.age = 37;
    await found.save();
    assert.equal((await User.get('u1')).age, 37);

    const updated = await User.update({ id: 'u1' }, { $ADD: { age: 1 }, $SET: { role: 'admin' }, $REMOVE: ['secret'] });
    assert.equal(updated.age, 38);
    assert.equal(updated.role, 'admin');
    assert.equal((await User.get('u1')).secret, undefined);
    await User.update({ id: 'u1' }, { $DELETE: { tags: ['x'] } });
    assert.deepEqual([...(await User.get('u1')).tags], ['y']);

    await User.delete('u1');
    assert.equal(await User.get('u1'), undefined);
  });

  test('what the schema forbids is refused, what exists is not overwritten', async () => {
    await assert.rejects(User.create({ id: 'bad' }), /email/);
    await assert.rejects(User.create({ id: 'bad', email: 'e', role: 'king' }), /enum|king/);
    await assert.rejects(User.create({ id: 'bad', email: 'e', age: -1 }), /validation/i);
    await User.create({ id: 'once', email: 'a@b.c' });
    await assert.rejects(User.create({ id: 'once', email: 'a@b.c' }), { name: 'ConditionalCheckFailedException' });
  });

  test('conditions on update and delete', async () => {
    await User.create({ id: 'cond', email: 'c@d.e', age: 5 });
    const Condition = dynamoose.Condition;
    await assert.rejects(User.update({ id: 'cond' }, { age: 6 }, { condition: new Condition().where('age').gt(10) }),
      { name: 'ConditionalCheckFailedException' });
    await User.update({ id: 'cond' }, { age: 6 }, { condition: new Condition().where('age').eq(5).and().attribute('email').beginsWith('c@') });
    await assert.rejects(User.delete({ id: 'cond' }, { condition: new Condition('age').lt(3) }), { name: 'ConditionalCheckFailedException' });
    assert.equal((await User.get('cond')).age, 6);
  });

  test('batch put, get and delete', async () => {
    const items = Array.from({ length: 20 }, (_, n) => ({ id: `batch-${n}`, email: `b${n}@x.y`, age: n }));
    assert.deepEqual((await User.batchPut(items)).unprocessedItems, []);
    const found = await User.batchGet(items.map(({ id }) => id).concat('missing'));
    assert.equal(found.length, 20);
    assert.deepEqual(found.map((user) => user.age).sort((a, b) => a - b), items.map(({ age }) => age));
    await User.batchDelete(items.slice(0, 10).map(({ id }) => id));
    assert.equal((await User.batchGet(items.map(({ id }) => id))).length, 10);
  });

  test('query on an index, scans with filters, paging, counts', async () => {
    for (let n = 0; n < 30; n++) await User.create({ id: `scan-${n}`, email: 'same@x.y', age: n, role: n % 2 ? 'admin' : 'reader' });
    const byEmail = await User.query('email').eq('same@x.y').using('byEmail').exec();
    assert.equal(byEmail.count, 30);
    const admins = await User.query('email').eq('same@x.y').filter('role').eq('admin').using('byEmail').exec();
    assert.equal(admins.length, 15);
    assert.equal((await User.scan('email').eq('same@x.y').and().where('age').between(10, 19).exec()).length, 10);
    assert.equal((await User.scan({ email: { eq: 'same@x.y' } }).count().exec()).count, 30);
    let page = await User.scan('email').eq('same@x.y').limit(7).exec();
    let seen = page.length;
    while (page.lastKey) {
      page = await User.scan('email').eq('same@x.y').limit(7).startAt(page.lastKey).exec();
      seen += page.length;
    }
    assert.equal(seen, 30);
    assert.equal((await User.scan('email').eq('same@x.y').all(0).limit(4).exec()).length, 30);
    assert.equal((await User.scan().where('age').in([1, 2, 3]).and().where('email').contains('same').exec()).length, 3);
    assert.deepEqual(Object.keys({ ...(await User.query('email').eq('same@x.y').using('byEmail').attributes(['id']).limit(1).exec())[0] }), ['id']);
    assert.equal((await User.scan('email').eq('same@x.y').parallel(4).exec()).length, 30);
  });
});

describe('range keys, sort order, populate', () => {
  const Author = dynamoose.model('goose-authors', new dynamoose.Schema({ id: String, name: String }));
  const Book = dynamoose.model('goose-books', new dynamoose.Schema({
    shelf: { type: String, hashKey: true },
    year: { type: Number, rangeKey: true },
    title: { type: String, index: { name: 'byTitle', type: 'local', rangeKey: 'title' } },
    author: Author,
  }));
  before(async () => {
    await tableOf('goose-authors', [Author]).initialize();
    await tableOf('goose-books', [Book]).initialize();
    await Author.create({ id: 'le', name: 'Lem' });
    for (const [year, title] of [[1961, 'Solaris'], [1965, 'Cyberiad'], [1971, 'Congress'], [1986, 'Fiasco']])
      await Book.create({ shelf: 'sf', year, title, author: 'le' });
  });

  test('query by range and order', async () => {
    const years = async (query) => (await query.exec()).map((book) => book.year);
    assert.deepEqual(await years(Book.query('shelf').eq('sf').where('year').ge(1965).sort('descending')), [1986, 1971, 1965]);
    assert.deepEqual(await years(Book.query('shelf').eq('sf').where('year').between(1960, 1970)), [1961, 1965]);
    assert.deepEqual(await years(Book.query({ shelf: { eq: 'sf' } }).limit(1)), [1961]);
  });

  test('populate fills references', async () => {
    const book = await Book.get({ shelf: 'sf', year: 1961 });
    assert.equal(book.author, 'le');
    assert.equal((await book.populate()).author.name, 'Lem');
    const all = await (await Book.query('shelf').eq('sf').exec()).populate();
    assert.ok(all.every(({ author }) => author.name === 'Lem'));
  });
});

describe('transactions', () => {
  const Account = dynamoose.model('goose-accounts', new dynamoose.Schema({ id: String, balance: Number }));
  before(async () => { await tableOf('goose-accounts', [Account]).initialize(); });

  test('all or nothing', async () => {
    await Account.batchPut([{ id: 'a', balance: 100 }, { id: 'b', balance: 0 }]);
    const transfer = (amount) => dynamoose.transaction([
      Account.transaction.update({ id: 'a' }, { $ADD: { balance: -amount } }, { condition: new dynamoose.Condition('balance').ge(amount) }),
      Account.transaction.update({ id: 'b' }, { $ADD: { balance: amount } }),
    ]);
    await transfer(60);
    await assert.rejects(transfer(60), { name: 'TransactionCanceledException' });
    const [a, b] = await dynamoose.transaction([Account.transaction.get('a'), Account.transaction.get('b')]);
    assert.deepEqual([a.balance, b.balance], [40, 60]);
    await dynamoose.transaction([Account.transaction.create({ id: 'c', balance: 1 }), Account.transaction.delete('b'),
      Account.transaction.condition('a', new dynamoose.Condition('balance').eq(40))]);
    assert.equal(await Account.get('b'), undefined);
    assert.equal((await Account.get('c')).balance, 1);
  });
});

describe('tables', () => {
  test('an index that the schema gained is added, throughput changed', async () => {
    const name = 'goose-growing';
    const before = dynamoose.model(name, new dynamoose.Schema({ id: String, kind: String }));
    await tableOf(name, [before], { throughput: { read: 3, write: 3 } }).initialize();
    await before.batchPut([{ id: '1', kind: 'x' }, { id: '2', kind: 'y' }]);
    const after = dynamoose.model(name, new dynamoose.Schema({ id: String, kind: { type: String, index: { name: 'byKind', type: 'global' } } }));
    await tableOf(name, [after], { update: ['indexes', 'throughput'], throughput: { read: 5, write: 5 } }).initialize();
    await dynamodb.waitUntilTableExists({ client: db, maxWaitTime: 20, minDelay: 1 }, { TableName: name });
    for (let n = 0; n < 200; n++) {
      const { Table } = await db.send(new dynamodb.DescribeTableCommand({ TableName: name }));
      if (Table.GlobalSecondaryIndexes?.[0].IndexStatus === 'ACTIVE') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual((await after.query('kind').eq('y').using('byKind').exec()).map(({ id }) => id), ['2']);
  });

  test('time to live is set up', async () => {
    const Session = dynamoose.model('goose-sessions', new dynamoose.Schema({ id: String }));
    await tableOf('goose-sessions', [Session], { expires: { ttl: 3600_000, attribute: 'ttl', items: { returnExpired: false } } }).initialize();
    const { TimeToLiveDescription } = await db.send(new dynamodb.DescribeTimeToLiveCommand({ TableName: 'goose-sessions' }));
    assert.match(TimeToLiveDescription.TimeToLiveStatus, /^ENABL/);
    await Session.create({ id: 's' });
    const { Item } = await db.send(new dynamodb.GetItemCommand({ TableName: 'goose-sessions', Key: { id: { S: 's' } } }));
    assert.ok(Math.abs(Number(Item.ttl.N) - (Date.now() / 1000 + 3600)) < 60);
  });
});
