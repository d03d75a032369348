import { InputError } from '@backstage/errors';
import { predictRequestSchema } from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';
import { predictionRows } from '../host/columns';
import type { ModelHost } from '../host/ModelHost';
import { rowsToTensors } from '../host/tabular';
import type { Route } from '../http/createServer';
import type { Exchange } from '../http/Exchange';
import type { Inference } from '../Inference';
import { datatypes, type TensorInfo } from '../inference/tensors';
import { decodeRequest, splitBody } from './decode';
import { encodeAnswer } from './encode';

const model = '/v2/models/([^/]+)(?:/versions/([^/]+))?';

/** The Open Inference Protocol, version 2, over REST; and beside it the route that takes named columns. */
export function oipRoutes(options: {
  version: string;
  host: ModelHost;
  inference: Inference;
}): Route[] {
  const { host, inference } = options;
  const describe = (tensors: TensorInfo[]) =>
    tensors.map(({ name, type, shape }) => ({
      name,
      datatype: datatypes[type],
      shape,
    }));
  // Both words on both paths: the spec, the KServe client and Triton's read different ones.
  const health = (exchange: Exchange, live: boolean) =>
    live
      ? exchange.sendJson({ live: true, ready: true })
      : exchange.sendJson({ live: true, ready: false }, 503);

  return [
    {
      path: /^\/v2$/,
      methods: {
        GET: exchange =>
          exchange.sendJson({
            name: 'downstage-gateway',
            version: options.version,
            extensions: ['binary_tensor_data'],
          }),
      },
    },
    {
      path: /^\/v2\/health\/live$/,
      methods: { GET: exchange => health(exchange, true) },
    },
    {
      path: /^\/v2\/health\/ready$/,
      methods: { GET: exchange => health(exchange, host.ready) },
    },
    {
      path: /^\/v2\/models$/,
      methods: { GET: exchange => exchange.sendJson({ models: host.names() }) },
    },
    {
      path: new RegExp(`^${model}/ready$`),
      methods: {
        GET(exchange, [name = '', version]) {
          host.find(name, version);
          exchange.sendJson({ name, ready: true });
        },
      },
    },
    {
      path: new RegExp(`^${model}$`),
      methods: {
        GET(exchange, [name = '', version]) {
          const served = host.find(name, version);
          const worker = served.version.worker;
          exchange.sendJson({
            name,
            versions: host.versionsOf(name),
            platform: 'onnxruntime_onnx',
            inputs: describe(worker?.inputs ?? []),
            outputs: describe(worker?.outputs ?? []),
          });
        },
      },
    },
    {
      path: new RegExp(`^${model}/infer$`),
      methods: {
        async POST(exchange, [name = '', version]) {
          let isBinary = (_: string): boolean => false;
          await inference.serve(name, version, {
            read: () => exchange.body(),
            prepare(served, body) {
              const { json, blobs } = splitBody(
                body,
                exchange.header('inference-header-content-length'),
              );
              const { inputs = [], outputs = [] } = served.version.worker ?? {};
              const request = decodeRequest({ json, blobs, inputs, outputs });
              isBinary = request.isBinary;
              return request;
            },
            send(served, outputs, { id }) {
              const { body, headers } = encodeAnswer({
                model: name,
                version: served.version.spec.version,
                id,
                outputs,
                isBinary,
              });
              exchange.send(body, { headers });
            },
            sendError: error => exchange.sendError(error),
          });
        },
      },
    },
    {
      path: new RegExp(`^${model}/predict$`),
      methods: {
        async POST(exchange, [name = '', version]) {
          await inference.serve(name, version, {
            read: () => exchange.body(),
            prepare(served, body) {
              const parsed = predictRequestSchema.safeParse(
                splitBody(body, undefined).json,
              );
              if (!parsed.success) {
                throw new InputError(
                  `Invalid request: ${z.prettifyError(parsed.error)}`,
                );
              }
              const { rows } = parsed.data;
              const { layout, spec } = served.version;
              if (!layout) {
                throw new InputError(
                  `Model '${name}' does not take named columns; send tensors to /infer`,
                );
              }
              return {
                id: exchange.header('x-request-id')?.slice(0, 200),
                inputs: rowsToTensors({
                  features: spec.features,
                  layout,
                  rows,
                }),
                outputs: undefined,
                rows: rows.length,
              };
            },
            send(served, outputs, { requestId, rows }) {
              exchange.sendJson({
                modelVersion: served.version.spec.version,
                predictions: predictionRows(outputs, rows),
                requestId,
              });
            },
            sendError: error => exchange.sendError(error),
          });
        },
      },
    },
  ];
}
