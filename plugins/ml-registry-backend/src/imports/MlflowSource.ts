import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { OutboundClient } from '../kernel/OutboundClient';
import { parseExactJson } from '../kernel/int64';
import {
  experimentsSchema,
  filesSchema,
  historySchema,
  loggedModelsSchema,
  modelsSchema,
  runsSchema,
  versionsSchema,
} from './sourceSchemas';

/** Finds prompts, which are registered models with this tag. */
export const PROMPTS = "tag.`mlflow.prompt.is_prompt` = 'true'";
const JSON_LIMIT = 64 * 1024 * 1024;
const JSON_TIMEOUT = 120_000;
const FILE_TIMEOUT = 30 * 60_000;

/** How one signs in over there. */
export type SourceLogin = { token?: string; user?: string };

/** The other server answered, and it was no. */
export class SourceError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'SourceError';
    this.status = status;
  }
}

/** The REST API of the MLflow server that is imported from, as far as an import reads it. */
export class MlflowSource {
  readonly #client: OutboundClient;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #signal: AbortSignal | undefined;

  constructor(options: {
    client: OutboundClient;
    uri: string;
    login: SourceLogin;
    signal?: AbortSignal;
  }) {
    const { token, user } = options.login;
    this.#client = options.client;
    this.#base = options.uri.replace(/\/+$/, '');
    this.#signal = options.signal;
    this.#headers = {
      accept: 'application/json',
      'user-agent': 'downstage-import',
      ...(user && {
        authorization: `Basic ${Buffer.from(`${user}:${token ?? ''}`).toString(
          'base64',
        )}`,
      }),
      ...(!user && token && { authorization: `Bearer ${token}` }),
    };
  }

  experiments(pageToken?: string) {
    return this.#post('experiments/search', experimentsSchema, {
      view_type: 'ALL',
      max_results: 200,
      order_by: ['creation_time ASC'],
      page_token: pageToken,
    });
  }

  /** Oldest first, so that what is added meanwhile comes at the end. */
  runs(experimentId: string, pageToken?: string) {
    return this.#post('runs/search', runsSchema, {
      experiment_ids: [experimentId],
      run_view_type: 'ALL',
      max_results: 100,
      order_by: ['attributes.start_time ASC'],
      page_token: pageToken,
    });
  }

  history(runId: string, key: string, pageToken?: string) {
    return this.#get('metrics/get-history', historySchema, {
      run_id: runId,
      metric_key: key,
      max_results: '10000',
      ...(pageToken && { page_token: pageToken }),
    });
  }

  loggedModels(experimentId: string, pageToken?: string) {
    return this.#post('logged-models/search', loggedModelsSchema, {
      experiment_ids: [experimentId],
      max_results: 50,
      order_by: [{ field_name: 'creation_time', ascending: true }],
      page_token: pageToken,
    });
  }

  models(filter: string | undefined, pageToken?: string) {
    return this.#get('registered-models/search', modelsSchema, {
      max_results: '100',
      ...(filter && { filter }),
      ...(pageToken && { page_token: pageToken }),
    });
  }

  /** Versions of a prompt are hidden from those who do not ask for prompts. */
  versions(model: { name: string; isPrompt: boolean }, pageToken?: string) {
    const named = `name = '${model.name.replaceAll("'", "''")}'`;
    return this.#get('model-versions/search', versionsSchema, {
      filter: model.isPrompt ? `${named} AND ${PROMPTS}` : named,
      max_results: '200',
      order_by: 'version_number ASC',
      ...(pageToken && { page_token: pageToken }),
    });
  }

  async downloadUri(name: string, version: string): Promise<string> {
    const schema = z.object({ artifact_uri: z.string() });
    const query = { name, version };
    return (await this.#get('model-versions/get-download-uri', schema, query))
      .artifact_uri;
  }

  /** Files and folders right below a folder of the server's own store; names, not paths. */
  async list(path: string) {
    const query = new URLSearchParams({ path });
    const url = `${this.#base}/api/2.0/mlflow-artifacts/artifacts?${query}`;
    return (await this.#json(url, filesSchema, { method: 'GET' })).files;
  }

  /** A file of the server's own store. */
  file(path: string): Promise<Readable> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return this.#open(
      `${this.#base}/api/2.0/mlflow-artifacts/artifacts/${encoded}`,
    );
  }

  /** Files of a run whose store is elsewhere, such as a bucket that the server reads. */
  async listOfRun(runId: string, path: string) {
    const query = { run_id: runId, ...(path && { path }) };
    return (await this.#get('artifacts/list', filesSchema, query)).files;
  }

  fileOfRun(runId: string, path: string): Promise<Readable> {
    const query = new URLSearchParams({ run_uuid: runId, path });
    return this.#open(`${this.#base}/get-artifact?${query}`);
  }

  async #open(url: string): Promise<Readable> {
    const response = await this.#client.send(url, {
      method: 'GET',
      headers: { ...this.#headers, accept: '*/*' },
      timeout: FILE_TIMEOUT,
      signal: this.#signal,
    });
    if (response.statusCode === 200) return response.body;
    response.body.destroy();
    throw new SourceError(
      response.statusCode,
      `The file could not be read: the server answered ${response.statusCode}`,
    );
  }

  #post<S extends z.ZodType>(path: string, schema: S, body: object) {
    return this.#json(`${this.#base}/api/2.0/mlflow/${path}`, schema, {
      method: 'POST',
      body: JSON.stringify(body),
    });
  }

  #get<S extends z.ZodType>(
    path: string,
    schema: S,
    query: Record<string, string>,
  ) {
    const url = `${this.#base}/api/2.0/mlflow/${path}?${new URLSearchParams(
      query,
    )}`;
    return this.#json(url, schema, { method: 'GET' });
  }

  async #json<S extends z.ZodType>(
    url: string,
    schema: S,
    request: { method: 'GET' | 'POST'; body?: string },
  ): Promise<z.output<S>> {
    const response = await this.#client.send(url, {
      ...request,
      headers: {
        ...this.#headers,
        ...(request.body && { 'content-type': 'application/json' }),
      },
      timeout: JSON_TIMEOUT,
      signal: this.#signal,
    });
    const text = await readText(response.body);
    const status = response.statusCode;
    if (status !== 200) {
      throw new SourceError(
        status,
        `${new URL(url).pathname} answered ${status}: ${text.slice(0, 300)}`,
      );
    }
    let json: unknown;
    try {
      json = parseExactJson(text);
    } catch {
      throw new SourceError(
        status,
        `${new URL(url).pathname} did not answer JSON; is it an MLflow server?`,
      );
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new SourceError(
      status,
      `${new URL(url).pathname} answered something unknown: ${issue.path.join(
        '.',
      )} ${issue.message}`,
    );
  }
}

async function readText(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > JSON_LIMIT) {
      body.destroy();
      throw new SourceError(200, `An answer has more than ${JSON_LIMIT} bytes`);
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
