import { useModelEntity } from '@downstage/react';
import { RunsBrowser } from './RunsBrowser';

/** The tab of a Model with the runs that trained it. */
export function RunsContent() {
  const { ref, name } = useModelEntity();
  return <RunsBrowser modelRef={ref} modelName={name} />;
}
