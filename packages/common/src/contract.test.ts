import { z } from 'zod';
import { createContractClient } from './client';
import { defineContract } from './contract';
import { toOpenApi } from './openApi';

const contract = defineContract({
  getModel: {
    method: 'get',
    path: '/v1/models/:namespace/:name',
    summary: 'One model',
    params: z.object({ namespace: z.string(), name: z.string() }),
    query: z.object({ tag: z.array(z.string()).optional() }),
    response: z.object({ name: z.string() }),
  },
  createModel: {
    method: 'post',
    path: '/v1/models',
    summary: 'A new model',
    body: z.object({ name: z.string() }),
    response: z.object({ name: z.string() }),
    status: 201,
  },
});

function clientAnswering(response: Response) {
  const fetch = jest.fn(async (..._args: unknown[]) => response);
  const client = createContractClient({
    contract,
    pluginId: 'ml-registry',
    discoveryApi: { getBaseUrl: async id => `http://portal/api/${id}` },
    fetchApi: { fetch: fetch as unknown as typeof globalThis.fetch },
  });
  return { client, fetch };
}

describe('createContractClient', () => {
  it('encodes path parameters and repeats list parameters', async () => {
    const { client, fetch } = clientAnswering(
      new Response('{"name":"a/b"}', { status: 200 }),
    );
    await expect(
      client.getModel({
        params: { namespace: 'default', name: 'a/b' },
        query: { tag: ['x', 'y'] },
      }),
    ).resolves.toEqual({ name: 'a/b' });
    expect(fetch.mock.calls[0][0]).toBe(
      'http://portal/api/ml-registry/v1/models/default/a%2Fb?tag=x&tag=y',
    );
  });

  it.each(['.', '..'])('asks for nothing beside the name %s', async name => {
    const { client, fetch } = clientAnswering(new Response('{}'));
    await expect(
      client.getModel({ params: { namespace: 'default', name }, query: {} }),
    ).rejects.toThrow(`'${name}' is no name: addresses cannot hold it`);
    expect(fetch).not.toHaveBeenCalled();
  });

  it('sends a body as JSON with the token of the call', async () => {
    const { client, fetch } = clientAnswering(
      new Response('{"name":"m"}', { status: 201 }),
    );
    await client.createModel({ body: { name: 'm' } }, { token: 't' });
    expect(fetch.mock.calls[0][1]).toMatchObject({
      method: 'POST',
      body: '{"name":"m"}',
      headers: {
        authorization: 'Bearer t',
        'content-type': 'application/json',
      },
    });
  });

  it('throws the error the server named', async () => {
    const { client } = clientAnswering(
      new Response(
        JSON.stringify({
          error: { name: 'NotFoundError', message: 'no such model' },
          response: { statusCode: 404 },
        }),
        { status: 404, headers: { 'content-type': 'application/json' } },
      ),
    );
    await expect(
      client.getModel({
        params: { namespace: 'default', name: 'x' },
        query: {},
      }),
    ).rejects.toMatchObject({ cause: { name: 'NotFoundError' } });
  });
});

describe('toOpenApi', () => {
  it('writes every operation with its parameters, body and answer', () => {
    const document = toOpenApi(
      { title: 'ml-registry', version: '1' },
      contract,
    );
    expect(Object.keys(document.paths)).toEqual([
      '/v1/models/{namespace}/{name}',
      '/v1/models',
    ]);
    expect(document.paths['/v1/models'].post).toMatchObject({
      operationId: 'createModel',
      responses: { 201: { description: 'OK' } },
    });
    expect(document.paths['/v1/models/{namespace}/{name}'].get).toMatchObject({
      parameters: [
        { name: 'namespace', in: 'path', required: true },
        { name: 'name', in: 'path', required: true },
        { name: 'tag', in: 'query', required: false },
      ],
    });
  });
});
