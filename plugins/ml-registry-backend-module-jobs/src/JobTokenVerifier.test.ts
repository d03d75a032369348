import type { TokenIntrospection } from '@downstage/plugin-ml-jobs-common';
import { JobTokenVerifier } from './JobTokenVerifier';

const job: TokenIntrospection = {
  active: true,
  subject: 'job:7',
  actor: 'user:default/ann',
  owner: 'group:default/diagnostics',
  attributes: { job: '7', datasets: ['default/breast-masses@1'] },
};

function verifierAnswering(...answers: (TokenIntrospection | Error)[]) {
  let now = new Date('2026-01-01T00:00:00Z').getTime();
  const introspect = jest.fn(async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error || !answer) throw answer;
    return answer;
  });
  const verifier = new JobTokenVerifier({
    introspect,
    clock: () => new Date(now),
  });
  return {
    verifier,
    introspect,
    passes: (ms: number) => {
      now += ms;
    },
  };
}

describe('JobTokenVerifier', () => {
  it('says whom a token of a job speaks for', async () => {
    const { verifier } = verifierAnswering(job);
    await expect(verifier.verify('secret')).resolves.toEqual({
      subject: 'job:7',
      actor: 'user:default/ann',
      owner: 'group:default/diagnostics',
      attributes: { job: '7', datasets: ['default/breast-masses@1'] },
    });
  });

  it('keeps an answer for five seconds and no longer', async () => {
    const { verifier, introspect, passes } = verifierAnswering(job, {
      active: false,
    });
    await verifier.verify('secret');
    passes(4_999);
    await expect(verifier.verify('secret')).resolves.toBeDefined();
    expect(introspect).toHaveBeenCalledTimes(1);
    passes(1);
    await expect(verifier.verify('secret')).resolves.toBeUndefined();
  });

  it('asks again after a second about a token that was not known', async () => {
    const { verifier, passes } = verifierAnswering({ active: false }, job);
    await expect(verifier.verify('secret')).resolves.toBeUndefined();
    passes(1_000);
    await expect(verifier.verify('secret')).resolves.toBeDefined();
  });

  it('does not keep a failure to ask', async () => {
    const { verifier } = verifierAnswering(new Error('down'), job);
    await expect(verifier.verify('secret')).rejects.toThrow('down');
    await expect(verifier.verify('secret')).resolves.toBeDefined();
  });

  it('never sends a token of Backstage on', async () => {
    const { verifier, introspect } = verifierAnswering(job);
    await expect(verifier.verify('aaa.bbb.ccc')).resolves.toBeUndefined();
    expect(introspect).not.toHaveBeenCalled();
  });
});
