import {
  mockCredentials,
  mockErrorHandler,
  mockServices,
} from '@backstage/backend-test-utils';
import { defineContract } from '@downstage/common';
import { NotFoundError } from '@backstage/errors';
import express from 'express';
import request from 'supertest';
import { z } from 'zod';
import { createContractRouter } from './contractRouter';

const contract = defineContract({
  getModel: {
    method: 'get',
    path: '/v1/models/:name',
    summary: 'One model',
    params: z.object({ name: z.string().max(5) }),
    query: z.object({ limit: z.coerce.number<string>().int().default(10) }),
    response: z.object({
      name: z.string(),
      limit: z.number(),
      caller: z.string(),
    }),
  },
  createModel: {
    method: 'post',
    path: '/v1/models',
    summary: 'A new model',
    body: z.object({ name: z.string() }),
    response: z.object({ name: z.string() }),
    status: 201,
  },
  findModels: {
    method: 'post',
    path: '/v1/search',
    summary: 'Models by what is known of them',
    query: z.object({
      since: z.union([z.iso.date(), z.iso.datetime()]).default('2026-01-01'),
    }),
    body: z.object({
      words: z.record(z.string(), z.string()).optional(),
      size: z.union([z.number(), z.string().max(3)]).optional(),
    }),
    response: z.object({}),
  },
});

/** Models by whose names the database is made to refuse. */
const codes: Record<string, string> = {
  huge: '22003',
  twice: '23505',
  full: '53100',
};

function app() {
  return express()
    .use(
      createContractRouter({
        contract,
        httpAuth: mockServices.httpAuth(),
        handlers: {
          getModel: async ({ params, query }, { caller }) => {
            if (params.name === 'gone')
              throw new NotFoundError('No model gone');
            return {
              name: params.name,
              limit: query.limit,
              caller: caller.actor,
            };
          },
          createModel: async ({ body }) => {
            const code = codes[body.name];
            if (code) throw Object.assign(new Error('insert into …'), { code });
            return { name: body.name };
          },
          findModels: async () => ({}),
        },
      }),
    )
    .use(mockErrorHandler());
}

describe('createContractRouter', () => {
  it('parses the request, fills defaults and tells the handler who calls', async () => {
    const response = await request(app())
      .get('/v1/models/churn')
      .set('authorization', mockCredentials.user.header('user:default/ann'));
    expect(response.body).toEqual({
      name: 'churn',
      limit: 10,
      caller: 'user:default/ann',
    });
  });

  it('answers success with the status of the contract', async () => {
    const response = await request(app())
      .post('/v1/models')
      .send({ name: 'm' });
    expect(response.status).toBe(201);
  });

  it('names the field of a request that does not fit', async () => {
    const response = await request(app()).post('/v1/models').send({ name: 7 });
    expect(response.status).toBe(400);
    expect(response.body.error.message).toMatch(/Invalid body.*name/s);
  });

  it('passes on what the handler throws', async () => {
    const response = await request(app()).get('/v1/models/gone');
    expect(response.status).toBe(404);
  });

  it('refuses callers without credentials', async () => {
    const response = await request(app())
      .get('/v1/models/churn')
      .set('authorization', mockCredentials.none.header());
    expect(response.status).toBe(401);
  });

  it('says what stood in the address instead, and what a field may be', async () => {
    const { body } = await request(app()).get('/v1/models/churn?limit=many');
    expect(body.error.message).toBe(
      'Invalid query: ✖ Invalid input: expected number, received NaN (found "many")\n  → at limit',
    );
    const either = await request(app()).post('/v1/search?since=tomorrow');
    expect(either.body.error.message).toMatch(/ISO date, or: .*ISO datetime/);
  });

  it('says of a value of one kind what that kind needs, and of any other what it may be', async () => {
    const messageFor = async (size: unknown) => {
      const { body } = await request(app()).post('/v1/search').send({ size });
      return body.error.message;
    };
    expect(await messageFor('large')).toBe(
      'Invalid body: ✖ Too big: expected string to have <=3 characters\n  → at size',
    );
    expect(await messageFor([])).toMatch(/expected number.*, or: .*string/);
  });

  it('repeats nothing of a body, and names no more fields than one can read', async () => {
    const words = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`word${index}`, index]),
    );
    const { body } = await request(app())
      .post('/v1/search?since=2026-03-01')
      .send({ words: { ...words, password: 4711 } });
    expect(body.error.message).not.toContain('4711');
    expect(body.error.message).toMatch(/and 1993 more$/);
    expect(body.error.message.length).toBeLessThan(1000);
  });

  it.each([
    ['path', () => request(app()).get('/v1/models/a%00')],
    ['query', () => request(app()).get('/v1/models/a?limit=1%00')],
    ['body', () => request(app()).post('/v1/models').send({ name: 'a\0' })],
    [
      'body',
      () =>
        request(app())
          .post('/v1/search?since=2026-03-01')
          .send({ words: { 'a\0': 'b' } }),
    ],
  ])('refuses a zero character in the %s', async (where, ask) => {
    const { status, body } = await ask();
    expect({ status, message: body.error.message }).toEqual({
      status: 400,
      message: expect.stringMatching(
        new RegExp(`^Invalid ${where}: a text must not hold a zero character`),
      ),
    });
  });

  it('refuses a body of another type instead of leaving it unread', async () => {
    const { status, body } = await request(app())
      .post('/v1/models')
      .type('text/plain')
      .send('{"name":"m"}');
    expect({ status, message: body.error.message }).toEqual({
      status: 400,
      message:
        'Invalid body: expected the Content-Type application/json, found text/plain',
    });
    const none = await request(app()).post('/v1/search?since=2026-03-01');
    expect(none.status).toBe(200);
  });

  it.each([
    ['huge', 400, /larger than this server keeps/],
    ['twice', 409, /made the same at the same moment/],
    ['full', 507, /no room left on its disk/],
  ])(
    'puts what a database refuses of a name that is %s into words of ours',
    async (name, expected, message) => {
      const { status, body } = await request(app())
        .post('/v1/models')
        .send({ name });
      expect(status).toBe(expected);
      expect(body.error.message).toMatch(message);
    },
  );
});
