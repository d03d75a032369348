import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Request } from 'express';
import { audited } from '../audit/audited';
import { callerOf, callerOfJob, makerOf, whoOf } from './caller';
import { formatJobSubject, parseJobSubject } from './jobSubject';
import { formatTokenSubject } from './tokenSubject';

const job = {
  subject: 'job:8fk2',
  actor: 'user:default/ann',
  owner: 'group:default/diagnostics',
  groups: ['user:default/ann', 'group:default/diagnostics'],
  attributes: {
    job: '8fk2',
    commit: 'abc123',
    datasets: ['default/drift@1', 'default/drift@2'],
    model: 'model:default/churn',
  },
};

describe('who calls', () => {
  it('is a person, a token, a job or a service', () => {
    const token = mockCredentials.service(
      formatTokenSubject({
        actor: 'user:default/ann',
        tokenId: 'k3v9',
        tokenName: 'nightly',
        scopes: ['track'],
        groups: [],
      }),
    );
    const own = mockCredentials.service('plugin:ml-registry');
    expect(
      [
        callerOf(mockCredentials.user('user:default/ann')),
        callerOf(token),
        callerOfJob(job, own),
        callerOf(callerOfJob(job, own).credentials),
        callerOf(own),
      ].map(caller => [caller.kind, caller.actor, makerOf(caller)]),
    ).toEqual([
      ['person', 'user:default/ann', 'user:default/ann'],
      ['token', 'user:default/ann', 'user:default/ann'],
      ['job', 'user:default/ann', 'job:8fk2'],
      ['job', 'user:default/ann', 'job:8fk2'],
      ['service', 'service:ml-registry', 'service:ml-registry'],
    ]);
  });

  it('keeps all that is known of a job on its way to another plugin', () => {
    expect(parseJobSubject(formatJobSubject(job))).toEqual(job);
    expect(() => parseJobSubject('job-token:user:default/ann')).toThrow(
      /is not that of a job/,
    );
    expect(parseJobSubject('job:8fk2')).toBeUndefined();
  });

  it('stands in the audit trail with the token or the job, and the request where Backstage knows its token', async () => {
    const createEvent = jest.fn(async () => ({
      success: jest.fn(),
      fail: jest.fn(),
    }));
    const auditor = mockServices.auditor.mock({ createEvent });
    const request = { method: 'POST', originalUrl: '/x' } as Request;
    const own = mockCredentials.service('plugin:ml-registry');
    const ann = callerOf(mockCredentials.user('user:default/ann'), request);
    await audited(
      auditor,
      { eventId: 'thing-change', caller: ann, meta: { thing: 1 } },
      async () => {},
    );
    await audited(
      auditor,
      {
        eventId: 'thing-change',
        caller: callerOfJob(job, own, request),
        meta: { thing: 1 },
      },
      async () => {},
    );
    expect(createEvent.mock.calls).toEqual([
      [
        {
          eventId: 'thing-change',
          severityLevel: 'medium',
          request,
          meta: { actor: 'user:default/ann', thing: 1 },
        },
      ],
      [
        {
          eventId: 'thing-change',
          severityLevel: 'medium',
          request: undefined,
          meta: {
            actor: 'user:default/ann',
            job: 'job:8fk2',
            method: 'POST',
            url: '/x',
            thing: 1,
          },
        },
      ],
    ]);
    expect(whoOf(ann)).toEqual({ actor: 'user:default/ann' });
  });
});
