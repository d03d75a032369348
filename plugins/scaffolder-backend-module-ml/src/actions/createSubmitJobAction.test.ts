import { mockCredentials } from '@backstage/backend-test-utils';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import { createSubmitJobAction } from './createSubmitJobAction';

describe('downstage:job:submit', () => {
  it('submits once for each task and step, in the name of the requester', async () => {
    const submitJob = jest
      .fn()
      .mockResolvedValue({ id: 'j1', state: 'queued' });
    const context = {
      ...createMockActionContext({
        input: {
          repository: '/projects/x',
          owner: 'group:default/diagnostics',
        },
        task: { id: 'task-1' },
      }),
      getInitiatorCredentials: async () =>
        mockCredentials.user('user:default/ann'),
    };
    await createSubmitJobAction({ jobs: { submitJob } }).handler(context);
    expect(submitJob).toHaveBeenCalledWith(
      {
        body: expect.objectContaining({
          source: { repository: '/projects/x' },
          owner: 'group:default/diagnostics',
          idempotencyKey: expect.stringContaining('template-task-task-1'),
        }),
      },
      { credentials: mockCredentials.user('user:default/ann') },
    );
    expect(context.output).toHaveBeenCalledWith('jobId', 'j1');
    expect(context.output).toHaveBeenCalledWith('url', '/training/jobs/j1');
  });
});
