/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type {
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
  GatewayVersion,
  ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import { checkConfig, type GatewayConfig } from '../config';

const fixtures = resolve(__dirname, '../../fixtures');

const features = [
  { name: 'radius', type: 'double' as const },
  { name: 'texture', type: 'double' as const },
  { name: 'count', type: 'long' as const },
];

/** One of the tiny models; see fixtures/make-models.py. */
export function aVersion(
  version: number,
  file = `logistic-v${version}.onnx`,
): GatewayVersion {
  const path = join(fixtures, file);
  return { version, path, sha256: hashOf(path), features };
}

/** A version that is asked with tensors only. */
export function withoutFeatures(version: number, file: string): GatewayVersion {
  return { ...aVersion(version, file), features: [] };
}

/** The one variant that answers everything. */
export function aChampion(version: number): ServedVariant {
  return { name: 'champion', version, weight: 100, mode: 'live' };
}

/** An endpoint whose newest version is to answer. */
export function anEndpoint(
  name: string,
  versions: GatewayVersion[],
): GatewayEndpoint {
  return {
    endpoint: name,
    model: `model:default/${name}`,
    variants: [aChampion(versions.at(-1)?.version ?? 1)],
    versions,
  };
}

/** What `loop.onnx` is asked: as many turns as given. */
export function aLoop(turns: number | string) {
  return {
    inputs: [{ name: 'n', shape: [1], datatype: 'INT64', data: [turns] }],
  };
}

/** More turns than any test waits for. */
export const endless = '1000000000000000';

/** The desired state that serves every model of the conformance kit. */
export function theKitModels(): GatewayDesiredState {
  const folder = resolve(__dirname, '../../conformance/models');
  return {
    endpoints: readdirSync(folder).map(name => {
      const path = join(folder, name, '1', 'model.onnx');
      return {
        endpoint: name,
        model: `model:default/${name}`,
        variants: [aChampion(1)],
        versions: [{ version: 1, path, sha256: hashOf(path), features: [] }],
      };
    }),
  };
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The desired state of one endpoint called `tumour`. */
export function aState(
  active: number,
  versions: GatewayVersion[],
): GatewayDesiredState {
  return {
    endpoints: [
      {
        endpoint: 'tumour',
        model: 'model:default/tumour',
        variants: [aChampion(active)],
        versions,
      },
    ],
  };
}

export const aRow = { radius: 1, texture: 2.5, count: 3 };

/** A folder with a token and a configuration on a free port. */
export function aGatewayFolder(overrides: Partial<GatewayConfig> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'gateway-'));
  const token = randomUUID();
  mkdirSync(join(root, 'state'));
  writeFileSync(join(root, 'token'), token);
  const config = checkConfig({
    port: 0,
    stateDir: join(root, 'state'),
    logDir: join(root, 'predictions'),
    adminTokenFile: join(root, 'token'),
    // Access is the subject of src/auth.
    open: true,
    ...overrides,
  });
  return {
    config,
    token,
    logDir: config.logDir,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export type GatewayFolder = ReturnType<typeof aGatewayFolder>;

/** A client of the protocol and of the admin API. */
export function clientOf(url: string, token: string) {
  const admin = { authorization: `Bearer ${token}` };
  const request = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    const body = text.startsWith('{') ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body };
  };
  const post = (
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) =>
    request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const status = async (): Promise<GatewayStatus> =>
    (await request('/admin/v1/state', { headers: admin })).body;
  return {
    request,
    post,
    status,
    put: (state: unknown, headers: Record<string, string> = admin) =>
      request('/admin/v1/state', {
        method: 'PUT',
        body: JSON.stringify(state),
        headers,
      }),
    roll: () =>
      request('/admin/v1/predictions/roll', { method: 'POST', headers: admin }),
    stats: () => request('/admin/v1/stats?minutes=2', { headers: admin }),
    predict: (row: unknown = aRow) =>
      post('/v2/models/tumour/predict', { rows: [row] }),
    /** Asks until the state is as wanted; the test's own time limit ends it. */
    async until(wanted: (status: GatewayStatus) => boolean) {
      for (;;) {
        const found = await status();
        if (wanted(found)) return found;
        await new Promise(setImmediate);
      }
    },
    /** Asks until this version answers. */
    async untilActive(version: number) {
      return this.until(found => found.endpoints[0]?.active === version);
    },
  };
}
