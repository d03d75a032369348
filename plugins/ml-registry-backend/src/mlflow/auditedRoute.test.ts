import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { callerOf } from '@downstage/node';
import express from 'express';
import request from 'supertest';
import { auditedArtifacts } from './auditedRoute';

describe('auditedArtifacts', () => {
  const fail = jest.fn(async () => {});
  const createEvent = jest.fn(async () => ({ success: async () => {}, fail }));
  beforeEach(() => jest.clearAllMocks());

  /** A server that answers every request with this status. */
  const server = (status: number) =>
    express()
      .use(
        auditedArtifacts(mockServices.auditor.mock({ createEvent }), () =>
          callerOf(mockCredentials.user('user:default/ann')),
        ),
      )
      .use((_request, response) => {
        response.status(status).end();
      });
  const base = '/api/2.0/mlflow-artifacts';

  it.each([
    ['put', `${base}/artifacts/0/run/artifacts/x`],
    ['delete', `${base}/artifacts/0/run/artifacts/x`],
    ['post', `${base}/mpu/create/0/run/artifacts`],
    ['post', `${base}/mpu/complete/0/run/artifacts`],
    ['put', `${base}/parts/upload/1`],
  ] as const)('tells of a refused %s %s', async (method, path) => {
    await request(server(409))[method](path);
    expect(createEvent).toHaveBeenCalledWith(
      expect.objectContaining({
        eventId: 'mlflow-artifact-change',
        request: expect.anything(),
        meta: {
          actor: 'user:default/ann',
          method: method.toUpperCase(),
          path,
        },
      }),
    );
    expect(fail).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['what went well', 200, 'put'],
    ['who did not sign in', 401, 'put'],
    ['reads', 404, 'get'],
  ] as const)('says nothing of %s', async (_, status, method) => {
    await request(server(status))[method](`${base}/artifacts/0/run/x`);
    expect(createEvent).not.toHaveBeenCalled();
  });
});
