import { createDevApp } from '@backstage/frontend-dev-utils';
import {
  ApiBlueprint,
  createFrontendModule,
} from '@backstage/frontend-plugin-api';
import mlJobsPlugin, { mlJobsApiRef, type MlJobsApi } from '../src';
import { explanation, idle, job } from '../src/__testUtils__/examples';

// The reader of the pages here is a guest; as owner they are offered every change.
const mine = { ...job, owner: 'user:default/guest' };
const jobs = [
  { ...mine, id: 'waits12345', state: 'queued' as const, queuePosition: 1 },
  mine,
  {
    ...mine,
    id: 'failed1234',
    state: 'failed' as const,
    message: 'The command ended with code 1; the end of the log says why',
    endedAt: '2026-01-01T00:00:42.000Z',
  },
  {
    ...mine,
    id: 'done123456',
    state: 'succeeded' as const,
    endedAt: '2026-01-01T00:01:12.000Z',
  },
];

const api: Partial<MlJobsApi> = {
  listJobs: async () => ({ items: jobs }),
  getJob: async ({ params: { id } }) =>
    jobs.find(candidate => candidate.id === id) ?? mine,
  explainJob: async () => explanation,
  getQueue: async () => ({ ...idle, running: [mine], queued: [jobs[0]] }),
  streamLog: async (_, { signal, onPiece }) => {
    for (let step = 0; !signal.aborted && step < 600; step++) {
      const text = `epoch ${step} loss ${(1 / (step + 1)).toFixed(4)}\n`;
      onPiece({ text, offset: step * 20, nextOffset: step * 20 + text.length });
      await new Promise(resolve => {
        setTimeout(resolve, 500);
      });
    }
  },
  downloadLog: async () => new Blob(['the whole log\n']),
};

/** The pages below `/training` with data to look at and no backend. */
createDevApp({
  features: [
    mlJobsPlugin,
    createFrontendModule({
      pluginId: 'ml-jobs',
      extensions: [
        ApiBlueprint.make({
          params: defineParams =>
            defineParams({
              api: mlJobsApiRef,
              deps: {},
              factory: () => api as MlJobsApi,
            }),
        }),
      ],
    }),
  ],
});
