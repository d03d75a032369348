import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Caller } from '@downstage/node';
import type express from 'express';
import type { Request } from 'express';
import type { ArtifactService } from '../artifacts/ArtifactService';
import type { UploadService } from '../artifacts/UploadService';
import type { EvaluationDatasetService } from '../evaluations/EvaluationDatasetService';
import type { PromotionService } from '../governance/PromotionService';
import type { AssessmentService } from '../traces/AssessmentService';
import type { TraceService } from '../traces/TraceService';
import type { ExperimentService } from '../tracking/ExperimentService';
import type { LoggedModelService } from '../tracking/LoggedModelService';
import type { MetricHistoryService } from '../tracking/MetricHistoryService';
import type { RunLogService } from '../tracking/RunLogService';
import type { RunService } from '../tracking/RunService';
import type { RegistrationService } from '../versions/RegistrationService';
import type { RegistryReadService } from '../versions/RegistryReadService';
import type { WebhookService } from '../webhooks/WebhookService';
import { assessmentRoutes } from './traces/assessmentRoutes';
import { createArtifactRouter } from './artifacts/artifactRouter';
import { evaluationDatasetRoutes } from './evaluations/evaluationDatasetRoutes';
import { experimentRoutes } from './tracking/experimentRoutes';
import { createFileRouter } from './artifacts/fileRouter';
import { loggedModelRoutes } from './tracking/loggedModelRoutes';
import { createOtlpRouter } from './traces/otlp/otlpRouter';
import { metricRoutes } from './tracking/metricRoutes';
import type { ModelNames } from './protocol/ModelNames';
import { registryRoutes } from './versions/registryRoutes';
import type { MlflowRoute } from './protocol/routes';
import { runRoutes } from './tracking/runRoutes';
import { createServerRouter } from './serverRouter';
import { transitionRequestRoutes } from './governance/transitionRequestRoutes';
import { traceRoutes } from './traces/traceRoutes';
import { webhookRoutes } from './webhooks/webhookRoutes';
import { createUploadRouter } from './artifacts/uploadRouter';
import upstream from './upstreamEndpoints.json';

/** The release whose list of endpoints is kept beside this file. */
export const UPSTREAM_VERSION = upstream.mlflow;

/**
 * The endpoints of one area. Those that take and answer JSON are `routes`.
 * Those that stream or speak another language are a `router`, which is mounted
 * at `at`. It authenticates by itself, and is found by its own list of routes.
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
export type MlflowServices = {
  experiments: ExperimentService;
  runs: RunService;
  log: RunLogService;
  histories: MetricHistoryService;
  loggedModels: LoggedModelService;
  artifacts: ArtifactService;
  uploads: UploadService;
  traces: TraceService;
  assessments: AssessmentService;
  evaluationDatasets: EvaluationDatasetService;
  registration: RegistrationService;
  reads: RegistryReadService;
  names: ModelNames;
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
  auditor: AuditorService,
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
            routes: transitionRequestRoutes(
              services.promotions,
              services.names,
            ),
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
      router: createOtlpRouter(traces, callerOf, auditor),
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
