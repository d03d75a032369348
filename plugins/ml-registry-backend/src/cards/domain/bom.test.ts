import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { toBom } from './bom';
import { card } from '../../__testUtils__/aCard';

describe('exports of a card', () => {
  it('makes a CycloneDX 1.6 ML-BOM that its schema accepts', async () => {
    const bom = toBom(card, {
      serial: '3e671687-395b-41f5-a30f-a58921a69b79',
      now: '2026-03-01T10:00:00.000Z',
    });
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    await expect(validator.validate(JSON.stringify(bom))).resolves.toBeNull();
    expect(bom.components.map(one => one['bom-ref'])).toEqual([
      'data:0',
      'file:MLmodel',
      'file:data/weights.bin',
      'pkg:pypi/numpy@2.3.1',
      'pkg:pypi/scikit-learn@1.9.1',
      'pkg:pypi/mlflow',
      expect.stringMatching(/^pkg:generic\/z/),
      expect.stringMatching(/^pkg:generic\/pkg/),
      expect.stringMatching(/^pkg:generic\/mylib/),
    ]);
    // The validator is awake: what the schema does not know, it refuses.
    await expect(
      validator.validate(JSON.stringify({ ...bom, colour: 'red' })),
    ).resolves.not.toBeNull();
  });
});

describe('the bill of materials', () => {
  it('names packages from elsewhere by their origin, never by what the index calls so (folder 29)', () => {
    const bom = toBom(card, {
      serial: '3e671687-395b-41f5-a30f-a58921a69b79',
      now: '2026-01-02T03:04:05.000Z',
    });
    const purls = bom.components.flatMap(component =>
      'purl' in component ? [component.purl] : [],
    );
    expect(purls).toEqual([
      'pkg:pypi/numpy@2.3.1',
      'pkg:pypi/scikit-learn@1.9.1',
      'pkg:pypi/mlflow',
      'pkg:generic/z?vcs_url=git%2Bhttps%3A%2F%2Fexample.com%2Fo%2Fr%40main',
      'pkg:generic/pkg@1.0?download_url=https%3A%2F%2Fexample.com%2Fpkg-1.0-py3-none-any.whl',
      'pkg:generic/mylib@1.0?file_name=vendor%2Fmylib-1.0-py3-none-any.whl',
    ]);
  });
});
