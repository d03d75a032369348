import type { Condition } from '@downstage/common';
import type {
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
  PredictionLogFile,
  PredictRequest,
  PredictResponse,
  TrafficBucket,
} from '@downstage/plugin-ml-serving-common';

/** One endpoint as an engine has to serve it. Names are those of {@link ServingEngine.urlOf}. */
export type DesiredEndpoint = GatewayEndpoint;

/** Everything an engine has to serve: the whole desired state, never a difference. */
export type EngineDesiredState = GatewayDesiredState;

/** What an engine does with one endpoint now. */
export type EndpointObservation = GatewayStatus['endpoints'][number];

/** What an engine says of one endpoint when it takes a desired state, such as what it cannot honour. */
export type EngineCondition = Pick<
  Condition,
  'type' | 'status' | 'reason' | 'message'
> & {
  /** The endpoint's name, as desired. */
  endpoint: string;
};

/**
 * Answers requests for endpoints: the gateway on this machine, or a cluster.
 *
 * @remarks
 * `ml-serving` decides what is served and keeps it in tables. An engine brings the observed state to the desired one
 * and goes on serving while the portal is away. It is installed through {@link mlServingEnginesExtensionPoint} and
 * done when `describeServingEngine` of `@downstage/plugin-ml-serving-node/testUtils` is green. Everything beside this
 * interface is opt-in: {@link ServingEngineWithPredict}, {@link ServingEngineWithTraffic},
 * {@link ServingEngineWithLog}, {@link ServingEngineWithLogFiles}.
 */
export interface ServingEngine {
  readonly specVersion: 'v1';
  /** As endpoints name it: `gateway`, `kserve`. */
  readonly id: string;
  /** False where the configuration wants none: nothing is asked of it, and its endpoints say so. */
  readonly enabled: boolean;
  /**
   * How many variants of an endpoint it can let answer: `one`, or several that divide the requests by `weight`. What it
   * cannot is refused before anything is stored.
   */
  readonly variants: 'one' | 'weighted';
  /** The address that clients use; known before the engine lives. */
  readonly publicUrl: string;
  readonly alive: boolean;
  /** Since when it is as `alive` says. */
  readonly since: string | undefined;

  /** Where clients ask an endpoint, by the Open Inference Protocol. */
  urlOf(endpoint: string): string;

  /** Begins to keep it alive; returns at once. `onAlive` is told each time it begins to answer. */
  start(options: { onAlive: () => void }): void;

  /** Ends what this portal alone keeps alive. */
  stop(): Promise<void>;

  /**
   * Takes the whole desired state of its endpoints, and answers before they are as desired. May be called twice with
   * the same state. An endpoint that is left out is taken down. A version that answers goes on answering until the
   * desired one is ready. It stays when the desired one cannot be loaded. Live variants divide the requests by weight;
   * while the version of one is not loaded, the others answer its share.
   *
   * @param options - `signal` ends the wait: the engine gives up what it still sends of this state and throws. The next
   * desired state follows at once, and this one must not overtake it
   * @returns what it says of these endpoints; of what it cannot honour it says so here, and drops nothing silently
   * @throws ServiceUnavailableError while it does not answer
   */
  apply(
    desired: EngineDesiredState,
    options?: { signal?: AbortSignal },
  ): Promise<EngineCondition[]>;

  /**
   * What it does with these endpoints; those that it does not know are left out.
   *
   * @throws ServiceUnavailableError while it does not answer
   */
  observe(endpoints: string[]): Promise<EndpointObservation[]>;
}

/** An engine that answers rows for the portal, for the try-out and for actions. */
export interface ServingEngineWithPredict extends ServingEngine {
  predict(
    endpoint: string,
    request: PredictRequest,
    /** Who asks, decided by the portal. */
    caller: { actor: string; token?: string },
  ): Promise<PredictResponse>;
}

/** An engine that counts its requests. */
export interface ServingEngineWithTraffic extends ServingEngine {
  /** By minute, oldest first; none for an endpoint it does not know. */
  traffic(
    endpoint: string,
    minutes: number,
  ): Promise<{
    buckets: TrafficBucket[];
    /** Rows of the prediction log that were given up since it started. */
    dropped: number;
  }>;
}

/**
 * An engine that can be told to write its prediction log now. Its files are in the folder of the portal, unless it is a
 * {@link ServingEngineWithLogFiles}.
 */
export interface ServingEngineWithLog extends ServingEngine {
  /** Makes Parquet of everything that was answered before the call. */
  rollLog(): Promise<void>;
}

/** A file of a prediction log that an engine keeps. Its `url` is absolute, and read without a token of the portal. */
export type EngineLogFile = Omit<PredictionLogFile, 'path'>;

/**
 * An engine that keeps its prediction log elsewhere, such as in a bucket. The portal asks it what there is, and readers
 * fetch the files from their addresses.
 */
export interface ServingEngineWithLogFiles extends ServingEngine {
  /** The Parquet files of an endpoint, newest first; none for an endpoint it does not know. */
  logFiles(
    endpoint: string,
    filter: {
      /** Only of this version. */
      version?: number;
      /** Without files of days that ended before this time. */
      after?: string;
    },
  ): Promise<EngineLogFile[]>;
  /** How many predictions of a version in files were made after a time. Open ones are in no file yet. */
  countPredictions(
    endpoint: string,
    filter: { version: number; after?: string },
  ): Promise<{ rows: number; openRows: number }>;
}

/** Whether an engine answers rows for the portal. */
export function hasPredict(
  engine: ServingEngine,
): engine is ServingEngineWithPredict {
  return 'predict' in engine;
}

/** Whether an engine counts its requests. */
export function hasTraffic(
  engine: ServingEngine,
): engine is ServingEngineWithTraffic {
  return 'traffic' in engine;
}

/** Whether an engine keeps its prediction log elsewhere. */
export function hasLogFiles(
  engine: ServingEngine,
): engine is ServingEngineWithLogFiles {
  return 'logFiles' in engine;
}

/** Whether an engine can be told to write its prediction log now. */
export function hasLog(engine: ServingEngine): engine is ServingEngineWithLog {
  return 'rollLog' in engine;
}
