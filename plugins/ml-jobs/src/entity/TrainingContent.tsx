import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { JobsList } from '../components/JobsList';

/** The tab of a Model with the jobs that trained it. */
export function TrainingContent() {
  const { entity } = useEntity();
  return <JobsList filter={{ model: stringifyEntityRef(entity) }} />;
}
