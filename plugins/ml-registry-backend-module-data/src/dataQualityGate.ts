import type { DatasetQuality } from '@downstage/plugin-ml-data-common';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import type { Gate } from '@downstage/plugin-ml-registry-node';

const gate = 'data quality';

/**
 * The gate: silent where the Model entity asks for nothing.
 *
 * @param qualityOf - the quality of a data-set version such as `default/breast-masses@1`
 */
export function createDataQualityGate(
  qualityOf: (ref: string) => Promise<DatasetQuality | undefined>,
): Gate {
  return {
    name: gate,
    async evaluate({ dataQuality, datasets = [] }) {
      if (!dataQuality) return [];
      const wanted =
        dataQuality === 'passed'
          ? 'data whose checks all passed'
          : 'data of which no check failed';
      const refs = [...new Set(datasets.flatMap(({ ref }) => ref ?? []))];
      if (!refs.length) {
        return [
          {
            gate,
            status: 'failed',
            saw: 'no data-set version of the portal',
            wanted,
            message: 'Nobody can tell which data this version learned from',
            how: 'Train it by a job that is given the data-set version as its input',
            waivable: true,
          },
        ];
      }
      return Promise.all(
        refs.map(async (ref): Promise<GateVerdict> => {
          const quality = await qualityOf(ref);
          const state = quality?.state ?? 'unknown';
          const passed =
            state === 'passed' ||
            (dataQuality === 'not-failed' && state === 'unknown');
          const failed = (quality?.checks ?? [])
            .filter(check => check.state === 'failed')
            .map(
              ({ of, wanted: limit, saw }) => `${of}: ${saw}, wanted ${limit}`,
            );
          return {
            gate: refs.length > 1 ? `${gate} of ${ref}` : gate,
            status: passed ? 'passed' : 'failed',
            saw: failed.join('; ') || `${ref}: ${state}`,
            wanted,
            message: failed.length
              ? `Checks of ${ref} failed: ${failed.join('; ')}`
              : `The quality of ${ref} is ${state}`,
            ...(!passed && {
              how: failed.length
                ? 'Register a corrected version of the data and train again'
                : 'Declare spec.checks in the Dataset entity',
              waivable: true,
            }),
          };
        }),
      );
    },
  };
}
