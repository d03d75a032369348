import type { DataAccess, DataAnswer } from '@downstage/node';
import {
  mostDatasetsChecked,
  type DatasetAccessAnswer,
} from '@downstage/plugin-ml-data-common';
import type { MlDataService } from './service';

/**
 * Has ml-data decide who reads data, in the name of the caller.
 *
 * @example
 * ```ts
 * const answers = await dataAccessOf(mlData).ask(refs, { credentials });
 * ```
 */
export function dataAccessOf(
  data: Pick<MlDataService, 'checkDatasetAccess'>,
): DataAccess {
  return {
    async ask(refs, { credentials }) {
      const answers: DataAnswer[] = [];
      for (let at = 0; at < refs.length; at += mostDatasetsChecked) {
        const datasets = refs.slice(at, at + mostDatasetsChecked);
        const { items } = await data.checkDatasetAccess(
          { body: { datasets } },
          { credentials },
        );
        answers.push(...items.map(toAnswer));
      }
      return answers;
    },
  };
}

function toAnswer({
  dataset: ref,
  mayRead,
  // An older ml-data does not say why; then it counts as guarded.
  because = 'unknown',
  grant,
  message = 'The caller may not read it',
}: DatasetAccessAnswer): DataAnswer {
  return mayRead
    ? { ref, mayRead, because, ...(grant && { grant }) }
    : { ref, mayRead, message };
}
