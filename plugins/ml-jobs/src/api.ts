import { ResponseError } from '@backstage/errors';
import {
  createApiRef,
  type DiscoveryApi,
  type FetchApi,
} from '@backstage/frontend-plugin-api';
import { createContractClient, type ContractClient } from '@downstage/common';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import { z } from 'zod';
import { readEvents } from './domain/readEvents';

/** A piece of a log as the stream brings it. */
type LogPiece = { text: string; offset: number; nextOffset: number };

const pieceSchema = z.object({
  text: z.string(),
  offset: z.number(),
  nextOffset: z.number(),
});

/** Jobs as pages see them: the contract, and the log as a stream and as a file. */
export type MlJobsApi = ContractClient<typeof mlJobsContract> & {
  /** Hands over the log from a byte offset (negative: from the end) as it grows; resolves when the job is over and all was read. */
  streamLog(
    id: string,
    options: {
      offset: number;
      signal: AbortSignal;
      onPiece: (piece: LogPiece) => void;
    },
  ): Promise<void>;
  downloadLog(id: string): Promise<Blob>;
};

export const mlJobsApiRef = createApiRef<MlJobsApi>().with({
  id: 'plugin.ml-jobs.client',
  pluginId: 'ml-jobs',
});

/** Creates the client that {@link mlJobsApiRef} stands for. */
export function createMlJobsApi(options: {
  discoveryApi: DiscoveryApi;
  fetchApi: FetchApi;
}): MlJobsApi {
  const { discoveryApi, fetchApi } = options;
  const fetchLog = async (id: string, rest: string, signal?: AbortSignal) => {
    const baseUrl = await discoveryApi.getBaseUrl('ml-jobs');
    const response = await fetchApi.fetch(
      `${baseUrl}/v1/jobs/${encodeURIComponent(id)}/log/${rest}`,
      { signal },
    );
    if (!response.ok) throw await ResponseError.fromResponse(response);
    return response;
  };
  return {
    ...createContractClient({
      contract: mlJobsContract,
      pluginId: 'ml-jobs',
      discoveryApi,
      fetchApi,
    }),
    async streamLog(id, { offset, signal, onPiece }) {
      const response = await fetchLog(id, `stream?offset=${offset}`, signal);
      if (!response.body)
        throw new Error('The log cannot be streamed by this browser');
      for await (const { event, data } of readEvents(response.body)) {
        if (event === 'log') onPiece(pieceSchema.parse(JSON.parse(data)));
        if (event === 'end') return;
      }
      throw new Error('The stream of the log ended early');
    },
    async downloadLog(id) {
      return (await fetchLog(id, 'download')).blob();
    },
  };
}
