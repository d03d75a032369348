import type {
  Column,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';

/** The columns of a version's answers as the gateway knows them, where what is stored of them differs. */
export function newPredictionsOf(
  version: { version: number; predictions: Column[] },
  hosted: GatewayStatus['endpoints'][number],
): Column[] | undefined {
  const status = hosted.versions.find(
    item => item.version === version.version && item.state === 'ready',
  );
  return status &&
    JSON.stringify(status.predictions) !== JSON.stringify(version.predictions)
    ? status.predictions
    : undefined;
}
