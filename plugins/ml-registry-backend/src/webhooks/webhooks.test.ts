import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { Reconciler } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { WebhookEvent } from '@downstage/plugin-ml-registry-common';
import { caller, jobCaller } from '../__testUtils__/people';
import { aRegistry } from '../__testUtils__/registryFixture';
import { startWebhookReconciler } from './webhookReconciler';
import { WebhookStore } from './WebhookStore';
import { OutboundClient } from '../kernel/OutboundClient';
import { SecretBox } from '../kernel/SecretBox';
import { WebhookOutbox } from './WebhookOutbox';

const databases = TestDatabases.create({ ids: testDatabaseIds() });
const secret = 'a secret of sixteen';
const person = caller;
const dora = person('dora');
const ann = person('ann');

type Call = { headers: IncomingHttpHeaders; body: string };

/** A receiver that answers what it is told to, 200 unless told. */
async function aReceiver() {
  const calls: Call[] = [];
  const answers: (number | 'hang up')[] = [];
  let arrive = () => {};
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', part => {
      body += part;
    });
    request.on('end', () => {
      calls.push({ headers: request.headers, body });
      const answer = answers.shift() ?? 200;
      if (answer === 'hang up') {
        response.destroy();
      } else {
        response.writeHead(answer, { location: 'http://127.0.0.1:1/' });
        response.end('x'.repeat(5000));
      }
      arrive();
    });
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    calls,
    answers,
    names: () => calls.map(({ body }) => JSON.parse(body).data.name),
    arrival: () =>
      new Promise<void>(resolve => {
        arrive = resolve;
      }),
    close: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

describe.each(databases.eachSupportedId())('webhooks on %p', databaseId => {
  const started: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map(thing => thing.close()));
  });

  async function create(events: WebhookEvent[] = ['*']) {
    const knex = await databases.init(databaseId);
    const registry = await aRegistry(knex);
    const receiver = await aReceiver();
    // A little ahead of the clock of the services.
    let now = new Date('2026-03-01T10:00:02Z').getTime();
    const aLoop = (): Reconciler => {
      const loop = startWebhookReconciler({
        knex,
        logger: mockServices.logger.mock(),
        clock: () => new Date(now),
        deliveries: registry.deliveries,
        intervalMs: 3_600_000,
      });
      started.push({ close: () => loop.stop() });
      return loop;
    };
    started.push(receiver);
    const loop = aLoop();
    const { webhook } = await registry.webhooks.create(
      {
        name: 'pager',
        url: receiver.url,
        events,
        secret,
      },
      { caller: dora },
    );
    const register = (name: string) =>
      registry.tracking.registration.createModel(
        {
          name,
          tags: { team: 'blue' },
          description: 'd',
        },
        { caller: dora },
      );
    const deliveries = async () =>
      (
        await registry.webhooks.listDeliveries(
          {
            id: webhook.id,
            limit: 50,
          },
          { caller: dora },
        )
      ).items;
    /** Ticks until nothing is due. */
    const run = async (after = 0) => {
      now += after;
      registry.passes(after);
      for (let i = 0; i < 12; i += 1) {
        await loop.tick();
        now += 1;
      }
    };
    return {
      ...registry,
      steps: registry.deliveries,
      receiver,
      webhook,
      register,
      deliveries,
      run,
      aLoop,
    };
  }

  it("are told in MLflow's form, signed", async () => {
    const { register, run, receiver } = await create([
      'registered_model.created',
    ]);
    await register('churn');
    await run();
    const [{ headers, body }] = receiver.calls;
    expect(JSON.parse(body)).toEqual({
      entity: 'registered_model',
      action: 'created',
      timestamp: expect.any(String),
      data: { name: 'churn', tags: { team: 'blue' }, description: 'd' },
    });
    const id = headers['x-mlflow-delivery-id'];
    const at = headers['x-mlflow-timestamp'];
    const mac = createHmac('sha256', secret)
      .update(`${id}.${at}.${body}`)
      .digest('base64');
    expect(headers['x-mlflow-signature']).toBe(`v1,${mac}`);
  });

  it('hear of nothing that was undone', async () => {
    const { knex, run, receiver } = await create();
    const outbox = new WebhookOutbox({
      webhooks: new WebhookStore(knex),
      newId: () => 'd-1',
    });
    await expect(
      knex.transaction(async tx => {
        await outbox.add(tx, {
          id: 1,
          name: 'churn',
          modelRef: 'model:default/churn',
          at: '2026-03-01T10:00:00.000Z',
          actor: 'user:default/ann',
          action: 'registered',
          message: '',
          flagged: false,
        });
        throw new Error('undo');
      }),
    ).rejects.toThrow('undo');
    await run();
    expect(receiver.calls).toEqual([]);
  });

  it('are tried again after a 500, under the same id, and hear of changes in their order', async () => {
    const { register, run, receiver, deliveries } = await create();
    receiver.answers.push(500, 'hang up');
    await register('a');
    await register('b');
    await run();
    expect(receiver.names()).toEqual(['a']);
    expect(await deliveries()).toMatchObject([
      { state: 'pending', attempts: 0 },
      { state: 'pending', attempts: 1, reason: 'The receiver answered 500' },
    ]);
    await run(5_000);
    await run(30_000);
    expect(receiver.names()).toEqual(['a', 'a', 'a', 'b']);
    const ids = receiver.calls.map(
      ({ headers }) => headers['x-mlflow-delivery-id'],
    );
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(await deliveries()).toMatchObject([
      { state: 'delivered', attempts: 1 },
      { state: 'delivered', attempts: 3, responseStatus: 200 },
    ]);
  });

  it('do not wait for ever for one that fails, and give up at last', async () => {
    const { register, run, receiver, deliveries } = await create();
    receiver.answers.push(503, 503, 503);
    await register('a');
    await register('b');
    await run();
    await run(5_000);
    await run(30_000);
    await run(5_000);
    expect(receiver.names()).toEqual(['a', 'a', 'a', 'b']);
    receiver.answers.push(...Array.from({ length: 20 }, () => 503));
    for (let hour = 0; hour < 30; hour += 1) await run(6 * 3_600_000);
    const [, failed] = await deliveries();
    expect(failed).toMatchObject({
      state: 'failed',
      attempts: 9,
      reason: 'Gave up after 9 attempts: The receiver answered 503',
      nextAttemptAt: undefined,
    });
  });

  it('wait for older ones without looking all the time, and are not forgotten when those end at that moment', async () => {
    const { register, run, receiver, deliveries, steps, knex } = await create();
    await register('a');
    await register('b');
    const rows = () => knex('webhook_deliveries').orderBy('id');
    const [a, b] = await rows();
    const waiting = await steps.step(b.id);
    expect(waiting).toMatchObject({
      next_reconcile_at: expect.stringMatching(/T10:10:/),
    });
    // While that is written, the older one arrives.
    await rows().where('id', a.id).update({
      state: 'delivered',
      next_reconcile_at: null,
    });
    await rows().where('id', b.id).update(waiting);
    await steps.after(b.id);
    await run();
    expect(receiver.names()).toEqual(['b']);
    expect(await deliveries()).toMatchObject([{ state: 'delivered' }, {}]);
  });

  it('that refuse or redirect are not asked again, until somebody has it sent again', async () => {
    const { register, run, receiver, deliveries, webhooks, webhook } =
      await create();
    receiver.answers.push(410, 302);
    await register('a');
    await register('b');
    await run();
    const [second, first] = await deliveries();
    expect(first).toMatchObject({ state: 'failed', responseStatus: 410 });
    expect(second.reason).toContain('redirects are not followed');
    await webhooks.redeliver(
      { id: webhook.id, deliveryId: first.id },
      { caller: dora },
    );
    await run();
    expect((await deliveries())[1]).toMatchObject({ state: 'delivered' });
    expect(receiver.calls).toHaveLength(3);
  });

  it('get what a process left behind that died', async () => {
    const { register, run, receiver, knex, aLoop } = await create();
    await register('a');
    // Claimed by a process that is no more.
    await knex('webhook_deliveries').update({
      ticket: 'of the dead',
      next_reconcile_at: '2026-03-01T10:01:00.000Z',
    });
    await run();
    expect(receiver.calls).toEqual([]);
    await run(61_000);
    expect(receiver.names()).toEqual(['a']);
    await aLoop().tick();
    expect(receiver.calls).toHaveLength(1);
  });

  it('are not called twice by two portals at once', async () => {
    const { register, receiver, aLoop, deliveries } = await create();
    const names = Array.from({ length: 10 }, (_, i) => `m${i}`);
    for (const name of names) await register(name);
    const loops = [aLoop(), aLoop(), aLoop()];
    for (let i = 0; i < 30; i += 1) {
      await Promise.all(loops.map(loop => loop.tick()));
    }
    expect(receiver.names()).toEqual(names);
    expect((await deliveries()).every(d => d.attempts === 1)).toBe(true);
  });

  it('follow their model to a new name, and end with it', async () => {
    const { register, run, receiver, webhooks, tracking, webhook } =
      await create();
    await webhooks.delete(webhook.id, { caller: dora });
    await register('tumours');
    await register('other');
    await webhooks.create(
      {
        name: 'mine',
        url: receiver.url,
        events: ['*'],
        model: 'model:default/tumours',
      },
      { caller: ann },
    );
    await tracking.registration.renameModel(
      { name: 'tumours', newName: 'lumps' },
      {
        caller: dora,
      },
    );
    await tracking.registration.setModelTag(
      {
        name: 'lumps',
        key: 'k',
        value: 'v'.repeat(500),
      },
      { caller: dora },
    );
    await tracking.registration.deleteModel('other', { caller: dora });
    await tracking.registration.deleteModel('lumps', { caller: dora });
    await register('lumps');
    await run();
    const told = receiver.calls.map(({ body }) => JSON.parse(body));
    expect(told.map(({ entity, action }) => `${entity}.${action}`)).toEqual([
      'registered_model.renamed',
      'registered_model_tag.set',
      'registered_model.deleted',
    ]);
    expect(told[0].data).toMatchObject({
      name: 'lumps',
      actor: 'user:default/dora',
      details: { from: 'tumours', to: 'lumps' },
    });
    expect(told[1].data.value).toHaveLength(500);
  });

  it('of all models are for administrators, those of a model for its owners', async () => {
    const { register, webhooks, receiver } = await create();
    await register('tumours');
    const fields = { name: 'x', url: receiver.url, events: ['*' as const] };
    const mine = { ...fields, model: 'model:default/tumours' };
    await expect(webhooks.create(fields, { caller: ann })).rejects.toThrow(
      'for administrators',
    );
    await expect(
      webhooks.create(mine, { caller: person('cleo') }),
    ).rejects.toThrow('for its owners');
    const { webhook, secret: shown } = await webhooks.create(mine, {
      caller: ann,
    });
    expect(shown.length).toBeGreaterThan(30);
    expect(
      JSON.stringify(await webhooks.list({}, { caller: ann })),
    ).not.toContain(shown);
    expect(
      (await webhooks.list({}, { caller: ann })).items.map(({ id }) => id),
    ).toEqual([webhook.id]);
    expect((await webhooks.list({}, { caller: dora })).items).toHaveLength(2);
    await expect(
      webhooks.delete(webhook.id, { caller: person('cleo') }),
    ).rejects.toThrow('for its owners');
    const job = jobCaller({ job: '7' });
    await expect(webhooks.list({}, { caller: job })).rejects.toThrow(
      "use a person's token",
    );
  });

  it('are read on past those of others, though not to the end for one page (R2)', async () => {
    const { register, webhooks, receiver, passes } = await create();
    await register('tumours');
    const fields = { name: 'x', url: receiver.url, events: ['*' as const] };
    for (let n = 0; n < 30; n += 1) {
      await webhooks.create(fields, { caller: dora });
    }
    passes(1_000);
    const { webhook } = await webhooks.create(
      { ...fields, model: 'model:default/tumours' },
      { caller: ann },
    );
    const first = await webhooks.list({ limit: 1 }, { caller: ann });
    expect(first).toMatchObject({ items: [], nextCursor: expect.any(String) });
    const second = await webhooks.list(
      { limit: 1, cursor: first.nextCursor },
      { caller: ann },
    );
    expect(second.items.map(({ id }) => id)).toEqual([webhook.id]);
    expect(second.nextCursor).toBeUndefined();
  });

  it('are tested at once, and the answer is read as far as 1 kB', async () => {
    const { webhooks, webhook, receiver, deliveries } = await create();
    await expect(
      webhooks.test({ id: webhook.id }, { caller: dora }),
    ).resolves.toMatchObject({
      success: true,
      responseStatus: 200,
      responseBody: 'x'.repeat(1024),
    });
    receiver.answers.push('hang up');
    await expect(
      webhooks.test({ id: webhook.id }, { caller: dora }),
    ).resolves.toMatchObject({
      success: false,
    });
    expect(await deliveries()).toEqual([]);
  });

  it('keep their secrets sealed', async () => {
    const { knex } = await create();
    const row = await knex('webhooks').first();
    expect(row.secret).toMatch(/^v1\./);
    expect(JSON.stringify(row)).not.toContain(secret);
  });
});

describe('addresses', () => {
  const guarded = new OutboundClient({
    allowedHosts: ['inside.example:8080'],
    setting: 'mlRegistry.webhooks.allow',
  });

  it.each([
    'http://example.org/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[fe80::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://user:pass@example.org/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'nonsense',
  ])('like %s are refused', address => {
    expect(() => guarded.check(address)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it.each(['https://example.org/x?y=z', 'http://inside.example:8080/'])(
    'like %s are taken',
    address => {
      expect(guarded.check(address).href).toBe(address);
    },
  );

  it('that turn out to be inside are not connected to', async () => {
    const receiver = await aReceiver();
    const url = receiver.url.replace('127.0.0.1', 'localhost');
    await expect(
      guarded.send(url.replace('http:', 'https:'), {
        method: 'POST',
        headers: {},
      }),
    ).rejects.toThrow('not a public address');
    expect(receiver.calls).toEqual([]);
    await receiver.close();
  });
});

describe('SecretBox', () => {
  it('opens only with the same key, for the same purpose', () => {
    const box = SecretBox.fromKey('k');
    const sealed = box.seal('ä secret', 'webhook 1');
    expect(box.open(sealed, 'webhook 1')).toBe('ä secret');
    expect(() => box.open(sealed, 'webhook 2')).toThrow('another key');
    expect(() => SecretBox.fromKey('l').open(sealed, 'webhook 1')).toThrow(
      'another key',
    );
  });

  it('makes its key file once, for its user alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'box-'));
    try {
      const file = join(folder, 'a', 'key');
      const boxes = await Promise.all([
        SecretBox.fromFile(file),
        SecretBox.fromFile(file),
      ]);
      expect(boxes[1].open(boxes[0].seal('s', 'p'), 'p')).toBe('s');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
