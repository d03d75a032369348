import { parseFilter } from '@downstage/plugin-ml-registry-common';
import {
  experimentVocabulary,
  loggedModelVocabulary,
  versionVocabulary,
} from './vocabulary';

describe('the vocabularies of searches', () => {
  it('knows what each search may name', () => {
    expect(
      parseFilter("experiment_id IN ('1')", experimentVocabulary),
    ).toHaveLength(1);
    expect(parseFilter('version_number > 3', versionVocabulary)).toHaveLength(
      1,
    );
    expect(parseFilter("model_type = 'x'", loggedModelVocabulary)).toHaveLength(
      1,
    );
    expect(
      parseFilter(
        "metrics.auc > 1 AND stage = 'production' AND flavor IN ('sklearn') AND dataset.name = 'x'",
        versionVocabulary,
      ),
    ).toHaveLength(4);
    expect(() => parseFilter('metrics.auc > 1', experimentVocabulary)).toThrow(
      /Invalid entity type 'metrics'/,
    );
  });
});
