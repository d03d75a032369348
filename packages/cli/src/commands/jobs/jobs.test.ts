import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import { askForMemory, type Job } from '@downstage/plugin-ml-jobs-common';
import { aJob } from '../../__testUtils__/aJob';
import { keepOutput } from '../../__testUtils__/keepOutput';
import { listenForCtrlC } from '../../__testUtils__/listenForCtrlC';
import { startPortalOfJobs } from '../../__testUtils__/portalOfJobs';
import { runCommand } from '../../__testUtils__/runCommand';

jest.setTimeout(120_000);

describe('downstage jobs', () => {
  let portal: Awaited<ReturnType<typeof startPortalOfJobs>>;
  let kept: ReturnType<typeof keepOutput>;
  const before = { ...process.env };

  beforeAll(async () => {
    portal = await startPortalOfJobs();
  });
  afterAll(() => portal.stop());
  beforeEach(() => {
    Object.assign(process.env, portal.environment);
    kept = keepOutput();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...before };
    process.exitCode = undefined;
  });

  const jobs = (...words: string[]) => runCommand('jobs', ...words);

  describe('list', () => {
    it('shows jobs in a table, in words that its flags take', async () => {
      let asked: object = {};
      portal.answer({
        listJobs: async ({ query }) => {
          asked = query;
          return { items: [aJob({ model: 'model:default/churn' })] };
        },
      });
      await jobs(
        ...['list', '--owner', 'diagnostics', '--model', 'churn'],
        ...['--state', 'running', '--runtime', 'kubernetes', '--group', 'g1'],
      );
      expect(asked).toEqual({
        ...{ owner: 'group:default/diagnostics', model: 'model:default/churn' },
        ...{ state: 'running', runtime: 'kubernetes', group: 'g1', limit: 20 },
      });
      expect(kept.out).toMatch(
        /^ID +NAME +STATE +OWNER +MODEL +CREATED +TOOK\n8f3k2abcde +train +running +diagnostics +churn +\d.* ago +–\n$/,
      );
      expect(process.exitCode).toBeUndefined();
    });

    /** Twelve jobs in pages, every third one of Ann. */
    const pagesOf = (total: number) =>
      portal.answer({
        listJobs: async ({ query: { cursor, limit } }) => {
          const from = Number(cursor ?? 0);
          const to = Math.min(from + limit, total);
          const items = Array.from({ length: to - from }, (_, at) =>
            aJob({
              id: `j${from + at}`,
              createdBy: `user:default/${(from + at) % 3 ? 'bob' : 'ann'}`,
            }),
          );
          return { items, ...(to < total && { nextCursor: String(to) }) };
        },
      });
    const shownIds = () =>
      JSON.parse(kept.out).map(({ id }: { id: string }) => id);

    it('goes on where the list before ended', async () => {
      pagesOf(12);
      await jobs('list', '--limit', '5', '--cursor', '4', '--json');
      expect(shownIds()).toEqual(['j4', 'j5', 'j6', 'j7', 'j8']);
      expect(kept.err).toBe('There are more: add --cursor 9\n');
    });

    it('shows all pages with --all, and no cursor at the end', async () => {
      pagesOf(700);
      await jobs('list', '--all', '--json');
      expect(shownIds()).toHaveLength(700);
      expect(kept.err).toBe('');
    });

    it('looks through twenty pages at most, and says so', async () => {
      let pages = 0;
      portal.answer({
        listJobs: async () => ({
          items: [aJob()],
          nextCursor: String(++pages),
        }),
      });
      await jobs('list', '--all', '--json');
      expect(shownIds()).toHaveLength(20);
      expect(kept.err).toBe(
        '20 pages were looked through. There are more: add --cursor 20\n',
      );
    });

    it('shows those that the caller submitted with --mine', async () => {
      pagesOf(12);
      await jobs('list', '--mine', '--limit', '3', '--json');
      expect(shownIds()).toEqual(['j0', 'j3', 'j6']);
    });

    it.each([
      [['--limit', '0'], '--limit is 0; expected a whole number from 1'],
      [['--limit', 'all'], "'all' is not a number"],
      [['--state', 'walking'], "'walking' is not one of queued"],
      [['churn'], "'churn' is one word too many"],
    ])('ends with 2 for %j', async (words, why) => {
      portal.answer({});
      await jobs('list', ...words);
      expect(kept.err).toContain(why);
      expect(process.exitCode).toBe(2);
    });
  });

  describe('get', () => {
    it('shows a job as blocks, and as the API has it with --json', async () => {
      portal.answer({ getJob: async ({ params }) => aJob({ id: params.id }) });
      await jobs('get', 'abc');
      expect(kept.out).toContain('train abc\n\nstate       running\n');
      kept.out = '';
      await jobs('get', 'abc', '--json');
      expect(JSON.parse(kept.out)).toEqual(aJob({ id: 'abc' }));
    });

    it('lets no name act on the terminal', async () => {
      portal.answer({
        getJob: async () => aJob({ name: 'a\u001b[2J\u202eb' }),
      });
      await jobs('get', 'abc');
      await jobs('get', 'abc', '--json');
      // eslint-disable-next-line no-control-regex
      expect(kept.out).not.toMatch(/[\u001b\u202e]/);
    });

    it('ends with 3 and a next step where there is no such job', async () => {
      portal.answer({
        getJob: async ({ params }) => {
          throw new NotFoundError(`There is no job '${params.id}\u001b[2J'`);
        },
      });
      await jobs('get', 'abc');
      expect(kept.err).toMatch(/^There is no job 'abc'\n.*downstage jobs list/);
      expect(process.exitCode).toBe(3);
    });
  });

  describe('logs', () => {
    it('follows to the end of the job, and ends as the job ended', async () => {
      const log = ['one\n', '', 'two\n'];
      portal.answer({
        getJobLog: async ({ query: { offset, worker } }) => {
          const text = log.shift() ?? '';
          expect(worker).toBe('worker/1');
          return {
            ...{ text, offset, nextOffset: offset + text.length },
            end: !log.length,
          };
        },
        getJob: async () =>
          aJob({ state: 'failed', reason: 'CommandFailed', message: 'exit 1' }),
      });
      await jobs('logs', '-f', 'abc', '--worker', 'worker/1', '--every', '0');
      expect(kept.out).toBe('one\ntwo\n');
      expect(kept.err).toContain('failed. CommandFailed: exit 1');
      expect(process.exitCode).toBe(1);
    });

    it('shows the last lines with --tail', async () => {
      portal.answer({
        getJobLog: async ({ query: { offset } }) => ({
          ...{ text: 'a\nb\nc\n', offset: 0, nextOffset: 6, end: offset > 0 },
        }),
      });
      await jobs('logs', 'abc', '--tail', '2');
      expect(kept.out).toBe('b\nc\n');
      expect(process.exitCode).toBeUndefined();
    });

    it('ends with 3 where the log is for others', async () => {
      portal.answer({
        getJobLog: async () => {
          throw new NotAllowedError('The log reads data that is not for you');
        },
      });
      await jobs('logs', '-f', 'abc');
      expect(kept.err).toContain('data that is not for you');
      expect(process.exitCode).toBe(3);
    });

    it('leaves the job running at Ctrl-C, and says the ways on', async () => {
      const ctrlC = listenForCtrlC();
      portal.answer({
        getJobLog: async ({ query: { offset } }) => {
          ctrlC.press();
          return { text: '', offset, nextOffset: offset, end: false };
        },
      });
      await jobs('logs', '-f', 'abc', '--every', '0');
      expect(kept.err).toContain('downstage jobs cancel abc');
      expect(process.exitCode).toBe(130);
    });
  });

  describe('cancel', () => {
    it('cancels without a question where nobody can be asked', async () => {
      let reason: string | undefined;
      portal.answer({
        cancelJob: async ({ body }) => {
          reason = body.reason;
          return aJob({ state: 'cancelled' });
        },
      });
      await jobs('cancel', 'abc', '--reason', 'wrong data');
      expect(reason).toBe('wrong data');
      expect(kept.out).toBe('train abc is cancelled\n');
    });

    it('says that a running one is on its way to its end', async () => {
      portal.answer({ cancelJob: async () => aJob() });
      await jobs('cancel', 'abc', '--yes');
      expect(kept.out).toContain('is being cancelled');
    });

    it('ends with 1 where the job is over', async () => {
      portal.answer({
        cancelJob: async () => {
          throw new ConflictError('Job abc is succeeded');
        },
      });
      await jobs('cancel', 'abc', '--yes');
      expect(kept.err).toContain('Job abc is succeeded');
      expect(process.exitCode).toBe(1);
    });
  });

  it('shows what runs and what waits', async () => {
    const { id, name, owner, createdBy, createdAt } = aJob();
    const item = { id, name, owner, createdBy, createdAt };
    portal.answer({
      getQueue: async () => ({
        ...{ slots: 3, othersRunning: 2, waiting: 9, nextCursor: 'c1' },
        running: [{ ...item, state: 'running' }],
        queued: [{ ...item, state: 'queued', queuePosition: 1 }],
        runtimes: [
          {
            ...{ id: 'local-process', slots: 3, isDefault: true },
            admission: 'portal',
          },
        ],
        portals: [],
      }),
    });
    await jobs('queue');
    expect(kept.out).toMatch(
      /^RUNTIME +SLOTS +DEFAULT\nlocal-process +3 +yes\n\nPLACE .*\n– .*running.*\n1 .*queued/,
    );
    expect(kept.err).toBe(
      '2 more run that you may not see\n9 wait in all. There are more: add --cursor c1\n',
    );
  });

  describe('submit and rerun', () => {
    let folder: string;
    let commit: string;

    let repository: string;

    beforeAll(() => {
      repository = realpathSync(mkdtempSync(join(tmpdir(), 'submit-')));
      folder = repository;
      writeFileSync(
        join(folder, 'downstage.yaml'),
        'apiVersion: downstage.dev/v1\nkind: Job\nname: train\nentryPoint: make\n',
      );
      git('init', '--quiet', '--initial-branch', 'main');
      git('add', '.');
      git('commit', '--quiet', '--message', 'first');
      commit = git('rev-parse', 'HEAD');
    });
    afterAll(() => rmSync(repository, { recursive: true }));
    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'submit-')));
      cpSync(repository, folder, { recursive: true });
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    function git(...args: string[]) {
      const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com'];
      return execFileSync('git', ['-C', folder, ...who, ...args], {
        encoding: 'utf8',
      }).trim();
    }
    /** A job that is in these states at one look after the other. */
    const goesThrough = (...looks: Partial<Job>[]) => ({
      submitJob: async () =>
        aJob({ ...looks[0], source: { repository: folder, commit } }),
      getJob: async () => {
        if (looks.length > 1) looks.shift();
        return aJob(looks[0]);
      },
    });
    const submit = (...words: string[]) =>
      jobs('submit', folder, '--every', '0', ...words);

    it('sends what the flags say, in the name of the only group', async () => {
      let asked: object = {};
      portal.answer({
        submitJob: async ({ body }) => {
          asked = body;
          return aJob({ source: { repository: folder, commit } });
        },
      });
      await submit(
        ...['--no-wait', '--param', 'C=0.5', '--param', 'solver=saga'],
        ...['--model', 'churn', '--job', 'train', '--group', 'g1'],
      );
      expect(asked).toEqual({
        source: { repository: folder },
        ...{ owner: 'group:default/diagnostics', model: 'model:default/churn' },
        ...{
          parameters: { C: 0.5, solver: 'saga' },
          job: 'train',
          group: 'g1',
        },
        idempotencyKey: expect.any(String),
      });
      expect(kept.out).toBe('8f3k2abcde\n');
      expect(kept.err).toContain('downstage jobs logs -f 8f3k2abcde');
    });

    it('shows a line for each change, and ends with 0 when the job succeeded', async () => {
      portal.answer(
        goesThrough(
          { state: 'queued', queuePosition: 1 },
          { state: 'queued', queuePosition: 1 },
          { state: 'running' },
          {
            state: 'succeeded',
            outputs: [
              {
                ...{ name: 'model', kind: 'model', state: 'found' },
                ref: 'default/churn@3',
              },
            ],
          },
        ),
      );
      await submit();
      expect(kept.err.split('\n').slice(1)).toEqual([
        'train 8f3k2abcde: queued, place 1',
        'train 8f3k2abcde: running',
        '  model: found, default/churn@3',
        '',
      ]);
      expect(kept.out).toBe('train 8f3k2abcde succeeded\n');
      expect(process.exitCode).toBeUndefined();
    });

    it('ends with 1 and the end of the log when the job failed', async () => {
      portal.answer({
        ...goesThrough(
          { state: 'running' },
          { state: 'failed', reason: 'CommandFailed', message: 'exit code 2' },
        ),
        getJobLog: async () => ({
          ...{ text: 'Traceback\u001b[31m\n', offset: 0, nextOffset: 9 },
          end: true,
        }),
      });
      await submit();
      expect(kept.err).toContain('The end of its log:\nTraceback\n');
      expect(kept.out).toBe(
        'train 8f3k2abcde failed. CommandFailed: exit code 2\n',
      );
      expect(process.exitCode).toBe(1);
    });

    it('ends with 1 and what has to change where the job is blocked', async () => {
      const message =
        'Cannot start: it asks for 8 GPUs, and no machine has any.';
      portal.answer(
        goesThrough({ state: 'blocked', reason: 'TooLarge', message }),
      );
      await submit();
      expect(process.exitCode).toBe(1);
      expect(kept.out).toBe(`train 8f3k2abcde blocked. TooLarge: ${message}\n`);
      expect(kept.err).toContain(
        'It starts once that has changed. Look: downstage jobs explain 8f3k2abcde',
      );
    });

    it('names the command that asks for more memory, where there was too little', async () => {
      const message = `It used 2 GiB and was ended; ${askForMemory('3Gi')}`;
      portal.answer({
        ...goesThrough(
          { state: 'running' },
          { ...{ state: 'failed', reason: 'OutOfMemory' }, message },
        ),
        getJobLog: async () => {
          throw new NotAllowedError('not for you');
        },
      });
      await submit();
      expect(kept.err).toContain(
        'downstage jobs rerun 8f3k2abcde --memory 3Gi',
      );
      expect(kept.err).toContain('Its log cannot be shown: not for you');
      expect(process.exitCode).toBe(1);
    });

    it('gives programs the job as it ended', async () => {
      portal.answer(goesThrough({ state: 'running' }, { state: 'succeeded' }));
      await submit('--json');
      expect(JSON.parse(kept.out)).toEqual(aJob({ state: 'succeeded' }));
    });

    it('leaves the job running at Ctrl-C, and says how to follow and cancel it', async () => {
      const ctrlC = listenForCtrlC();
      portal.answer({
        ...goesThrough({ state: 'running' }),
        getJob: async () => {
          ctrlC.press();
          return aJob();
        },
      });
      await submit();
      expect(kept.err).toContain(
        'goes on. Follow it: downstage jobs logs -f 8f3k2abcde. Cancel it: downstage jobs cancel 8f3k2abcde',
      );
      expect(process.exitCode).toBe(130);
    });

    it('ends with 2 before it asks the portal where downstage.yaml is wrong', async () => {
      portal.answer({});
      writeFileSync(
        join(folder, 'downstage.yaml'),
        'apiVersion: downstage.dev/v1\nkind: Job\nentrypoint: make\n',
      );
      await submit();
      expect(kept.err).toMatch(
        /Nothing was submitted.*\n.*downstage\.yaml:3:1.*did you mean entryPoint/,
      );
      expect(process.exitCode).toBe(2);
    });

    it('ends with 2 where there is nothing to submit', async () => {
      portal.answer({});
      mkdirSync(join(folder, 'empty'));
      await jobs('submit', join(folder, 'empty'));
      expect(kept.err).toContain("'downstage init' writes one");
      expect(process.exitCode).toBe(2);
    });

    it('asks which job, where the file has several', async () => {
      portal.answer({});
      const one = (name: string) =>
        `apiVersion: downstage.dev/v1\nkind: Job\nname: ${name}\nentryPoint: make\n`;
      writeFileSync(
        join(folder, 'downstage.yaml'),
        `${one('train')}---\n${one('test')}`,
      );
      await submit();
      expect(kept.err).toContain(
        'has several jobs: train, test. Choose one: --job train',
      );
      expect(process.exitCode).toBe(2);
    });

    it.each([
      [
        ['group:default/diagnostics', 'group:team/vision'],
        '--owner diagnostics or --owner team/vision',
      ],
      [[], 'is in no group. Say whose job it is with --owner'],
    ])('asks whose job it is, of a person in %j', async (groups, why) => {
      portal.answer({}, groups);
      await submit();
      expect(kept.err).toContain(why);
      expect(process.exitCode).toBe(2);
    });

    it('says so where the portal runs another commit than is here', async () => {
      git('remote', 'add', 'origin', 'git@git.example.com:acme/churn.git');
      let source: object = {};
      portal.answer({
        submitJob: async ({ body }) => {
          source = body.source;
          return aJob();
        },
      });
      await submit('--no-wait');
      expect(source).toEqual({
        repository: 'https://git.example.com/acme/churn.git',
        ref: 'main',
      });
      expect(kept.err).toContain('has main at 0123456789ab, and here it is at');
      expect(kept.err).toContain('git push');
    });

    it('submits what is not here by its address', async () => {
      let source: object = {};
      portal.answer({
        submitJob: async ({ body }) => {
          source = body.source;
          return aJob();
        },
      });
      await jobs(
        ...['submit', '--repository', 'https://git.example.com/acme/churn'],
        ...['--ref', 'v1', '--no-wait'],
      );
      expect(source).toEqual({
        ...{ repository: 'https://git.example.com/acme/churn', ref: 'v1' },
      });
      await jobs('submit', folder, '--repository', 'https://x.example/y');
      expect(kept.err).toContain('Give either a folder or --repository');
      expect(process.exitCode).toBe(2);
    });

    it('repeats what the portal finds wrong, and ends with 2', async () => {
      portal.answer({
        submitJob: async () => {
          throw new InputError("There is no queue 'missing-one'");
        },
      });
      await submit();
      expect(kept.err).toContain("There is no queue 'missing-one'");
      expect(process.exitCode).toBe(2);
    });

    it('runs a job again with other parameters and resources', async () => {
      let asked: object = {};
      portal.answer({
        rerunJob: async ({ params, body }) => {
          asked = { ...params, ...body };
          return aJob({ rerunOf: params.id });
        },
      });
      await jobs(
        ...['rerun', 'abc', '--param', 'C=1', '--reason', 'newer data'],
        ...['--memory', '4Gi', '--cpu', '0.5', '--no-wait'],
      );
      expect(asked).toEqual({
        ...{ id: 'abc', parameters: { C: 1 }, reason: 'newer data' },
        resources: { cpu: 0.5, memory: '4Gi' },
      });
      expect(kept.out).toBe('8f3k2abcde\n');
    });
  });
});
