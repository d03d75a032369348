import { ServiceUnavailableError } from '@backstage/errors';
import type { HostedVersion } from '../host/HostedVersion';
import type { ModelHost } from '../host/ModelHost';
import type { Route } from '../http/createServer';
import type { Exchange } from '../http/Exchange';
import type { Inference } from './Inference';
import { datatypes, type TensorInfo } from '../tensors/tensors';
import { modelConfig, modelStats, repositoryIndex } from './triton';

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
  // A list holds what its reader may ask, and nothing else.
  const namesFor = async ({ visitor }: Exchange) =>
    visitor ? visitor.visible(host.names()) : [];
  const descriptionOf = (version: HostedVersion) => {
    const { description } = version;
    if (description) return description;
    throw new ServiceUnavailableError('The version stopped being ready');
  };

  return [
    {
      path: /^\/v2$/,
      methods: {
        GET: exchange =>
          exchange.sendJson({
            name: 'downstage-gateway',
            version: options.version,
            extensions: [
              'binary_tensor_data',
              'model_configuration',
              'model_repository',
              'statistics',
            ],
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
      methods: {
        GET: async exchange =>
          exchange.sendJson({ models: await namesFor(exchange) }),
      },
    },
    {
      path: /^\/v2\/models\/stats$/,
      methods: {
        async GET(exchange) {
          const names = await namesFor(exchange);
          exchange.sendJson({
            model_stats: names.flatMap(name =>
              modelStats(name, host.loaded(name)),
            ),
          });
        },
      },
    },
    {
      path: /^\/v2\/repository\/index$/,
      methods: {
        async POST(exchange) {
          const body = await exchange.body();
          const names = new Set(await namesFor(exchange));
          exchange.sendJson(
            repositoryIndex(host, body).filter(({ name }) => names.has(name)),
          );
        },
      },
    },
    {
      path: new RegExp(`^${model}/ready$`),
      methods: {
        GET(exchange, [name = '', version]) {
          const served = host.find(name, version);
          const stalled = served.version.process?.stalled;
          if (stalled !== undefined) {
            throw new ServiceUnavailableError(
              `Model '${name}' is not ready: in version ${served.version.spec.version} ${stalled}`,
            );
          }
          exchange.sendJson({ name, ready: true });
        },
      },
    },
    {
      path: new RegExp(`^${model}/config$`),
      methods: {
        GET(exchange, [name = '', version]) {
          const served = host.find(name, version);
          exchange.sendJson(modelConfig(name, descriptionOf(served.version)));
        },
      },
    },
    {
      path: new RegExp(`^${model}/stats$`),
      methods: {
        GET(exchange, [name = '', version]) {
          const served = host.find(name, version);
          exchange.sendJson({
            model_stats: modelStats(
              name,
              version === undefined ? host.loaded(name) : [served.version],
            ),
          });
        },
      },
    },
    {
      path: new RegExp(`^${model}$`),
      methods: {
        GET(exchange, [name = '', version]) {
          const served = host.find(name, version);
          const { inputs, outputs } = descriptionOf(served.version);
          exchange.sendJson({
            name,
            versions: host.versionsOf(name),
            platform: 'onnxruntime_onnx',
            inputs: describe(inputs),
            outputs: describe(outputs),
          });
        },
      },
    },
    ...(['infer', 'predict'] as const).map(
      (route): Route => ({
        path: new RegExp(`^${model}/${route}$`),
        methods: {
          POST: (exchange, [name = '', version]) =>
            inference.serve(exchange, { model: name, version, route }),
        },
      }),
    ),
  ];
}
