import type { DatasetQuality } from '@downstage/plugin-ml-data-common';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import type { Gate } from '@downstage/plugin-ml-registry-node';
import { listed } from '@downstage/common';

const gate = 'data quality';

/**
 * The gate: silent where the Model entity asks for nothing.
 *
 * @remarks
 * A version that does not exist has failed; asking again would not help. Every other error is thrown, so that the
 * registry takes the gate as pending and asks again.
 *
 * @param qualityOf - the quality of a data-set version such as `default/breast-masses@1`; throws a `NotFoundError`
 *   for one that does not exist
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
            how: 'Train it by a job that is given the data-set version as its input, or log the input with the tag downstage.ref',
            waivable: true,
          },
        ];
      }
      return Promise.all(
        refs.map(async (ref): Promise<GateVerdict> => {
          const name = refs.length > 1 ? `${gate} of ${ref}` : gate;
          const quality = await known(qualityOf(ref));
          if (quality === 'not-found') return notFound(name, ref, wanted);
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
            gate: name,
            status: passed ? 'passed' : 'failed',
            saw: failed.join('; ') || `${ref}: ${state}`,
            wanted,
            message: failed.length
              ? `Checks of ${ref} failed: ${listed(failed, {
                  separator: '; ',
                })}`
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

async function known<T>(answer: Promise<T>): Promise<T | 'not-found'> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') {
      return 'not-found';
    }
    throw error;
  }
}

function notFound(name: string, ref: string, wanted: string): GateVerdict {
  return {
    gate: name,
    status: 'failed',
    saw: `${ref}: not a data-set version of the portal`,
    wanted,
    message: `The portal does not know ${ref}`,
    how: 'Register the data as a version of its Dataset and train again',
    waivable: true,
  };
}
