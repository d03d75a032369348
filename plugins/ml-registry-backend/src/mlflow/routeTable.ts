import type { Caller } from '@downstage/node';
import type express from 'express';
import type { Request } from 'express';
import type { TrackingServices } from '../services/createTrackingServices';
import type { PromotionService } from '../services/PromotionService';
import type { WebhookService } from '../services/WebhookService';
import { assessmentRoutes } from './assessmentRoutes';
import { createArtifactRouter } from './artifactRouter';
import { evaluationDatasetRoutes } from './evaluationDatasetRoutes';
import { experimentRoutes } from './experimentRoutes';
import { createFileRouter } from './fileRouter';
import { loggedModelRoutes } from './loggedModelRoutes';
import { createOtlpRouter } from './otlp/otlpRouter';
import { metricRoutes } from './metricRoutes';
import { registryRoutes } from './registryRoutes';
import type { MlflowRoute } from './routes';
import { runRoutes } from './runRoutes';
import { createServerRouter } from './serverRouter';
import { transitionRequestRoutes } from './transitionRequestRoutes';
import { traceRoutes } from './traceRoutes';
import { webhookRoutes } from './webhookRoutes';
import { createUploadRouter } from './uploadRouter';
import upstream from './upstreamEndpoints.json';

/** The release whose list of endpoints is kept beside this file. */
export const UPSTREAM_VERSION = upstream.mlflow;

/**
 * The endpoints of one area. Those that take and answer JSON are `routes`; what
 * streams or speaks another language is a `router` that is mounted at `at`,
 * authenticates by itself, and is found by its own list of routes.
 */
export type RouteGroup =
  | { area: string; routes: MlflowRoute[] }
  | { area: string; at: string; router: express.Router };

/** One endpoint as documents name it: `GET /api/2.0/mlflow/logged-models/{model_id}`. */
export type MlflowEndpoint = {
  area: string;
  method: string;
  path: string;
};

/** What the MLflow API is made of. */
export type MlflowServices = TrackingServices & {
  webhooks: WebhookService;
  /** Absent where somebody serves tracking alone. */
  promotions?: PromotionService;
};

/**
 * Every endpoint of the MLflow surface: add new ones here, and the router, the
 * deny-all test and the page of the documentation find them by themselves.
 */
export function routeTable(
  services: MlflowServices,
  callerOf: (request: Request) => Promise<Caller>,
): RouteGroup[] {
  const { experiments, loggedModels, artifacts, traces } = services;
  return [
    {
      area: 'Server',
      at: '/',
      router: createServerRouter(services.uploads),
    },
    { area: 'Experiments', routes: experimentRoutes(experiments) },
    { area: 'Runs', routes: runRoutes(services) },
    { area: 'Runs', routes: metricRoutes(services.histories) },
    {
      area: 'Logged models',
      routes: loggedModelRoutes(loggedModels, artifacts),
    },
    { area: 'Model registry', routes: registryRoutes(services) },
    {
      area: 'Artifacts',
      at: '/api/2.0/mlflow-artifacts',
      router: createArtifactRouter(artifacts, callerOf),
    },
    {
      area: 'Artifacts',
      at: '/api/2.0/mlflow-artifacts',
      router: createUploadRouter(services.uploads, callerOf),
    },
    ...(services.promotions
      ? [
          {
            area: 'Transition requests',
            routes: transitionRequestRoutes(services.promotions),
          },
        ]
      : []),
    { area: 'Webhooks', routes: webhookRoutes(services.webhooks) },
    { area: 'Traces', routes: assessmentRoutes(services.assessments) },
    { area: 'Traces', routes: traceRoutes(traces) },
    {
      area: 'Evaluation data sets',
      routes: evaluationDatasetRoutes(services.evaluationDatasets),
    },
    {
      area: 'Traces',
      at: '/',
      router: createOtlpRouter(traces, callerOf),
    },
    {
      area: 'Files for browsers',
      at: '/',
      router: createFileRouter(services, callerOf),
    },
  ];
}

/** What a table serves, in its order. Aliases below `/ajax-api` are not listed. */
export function endpointsOf(table: RouteGroup[]): MlflowEndpoint[] {
  return table.flatMap(group => {
    const { area } = group;
    const named =
      'routes' in group
        ? group.routes.map(route => ({
            method: route.method.toUpperCase(),
            path: pathOf(route),
          }))
        : routesOf(group.router).map(({ method, path }) => ({
            method,
            path: `${group.at}${path}`.replace('//', '/'),
          }));
    return named.map(({ method, path }) => ({
      area,
      method,
      path: path.replace(/:(\w+)(\([^)]*\))?/g, '{$1}'),
    }));
  });
}

/** The whole path of a JSON endpoint, as express spells it. */
export function pathOf(route: MlflowRoute): string {
  return `/api/${route.version ?? '2.0'}/mlflow/${route.path}`;
}

/** What the real server has and this one has not. */
export function notBuilt(table: RouteGroup[]): MlflowEndpoint[] {
  const built = new Set(endpointsOf(table).map(shapeOf));
  return upstream.endpoints
    .map(([method, path]) => ({ area: areaOf(path), method, path }))
    .filter(endpoint => !built.has(shapeOf(endpoint)));
}

/** Endpoints are the same whatever their parameters are called. */
export function shapeOf(endpoint: { method: string; path: string }): string {
  const path = endpoint.path
    .replace(/\{\w+\}/g, '{}')
    .replace(/^\/ajax-api\//, '/api/');
  return `${endpoint.method} ${path}`;
}

/** Matches requests for an endpoint, by either of the two prefixes. */
export function patternOf(endpoint: { path: string }): RegExp {
  const source = endpoint.path
    .replace(/[.$]/g, '\\$&')
    .replace(/\{\w+\}$/, '.+')
    .replace(/\{\w+\}/g, '[^/]+')
    .replace(/^\/(?:ajax-)?api\//, '/(?:ajax-)?api/');
  return new RegExp(`^${source}/?$`);
}

function areaOf(path: string): string {
  const word = /^\/(?:ajax-)?(?:api\/\d\.0\/(?:mlflow\/)?)?([\w-]+)/.exec(path);
  const text = (word?.[1] ?? 'server').replaceAll('-', ' ');
  return text[0].toUpperCase() + text.slice(1);
}

function routesOf(router: express.Router) {
  return router.stack.flatMap(({ route }) => {
    if (!route) return [];
    const paths: string[] = [route.path].flat();
    // Several handlers may stand behind one method.
    const methods = new Set(
      route.stack.flatMap(({ method }) => method?.toUpperCase() ?? []),
    );
    return [...methods].map(method => ({ method, path: paths[0] }));
  });
}
