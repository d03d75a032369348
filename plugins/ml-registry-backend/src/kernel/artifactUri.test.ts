import { artifactPathOf, folderOf } from './artifactUri';

const model = `m-${'a'.repeat(32)}`;

describe('artifactPathOf', () => {
  it.each([
    ['mlflow-artifacts:/1/abc/artifacts/model', '1/abc/artifacts/model'],
    ['mlflow-artifacts:///1/abc/', '1/abc'],
    ['s3://bucket/x', undefined],
    ['models:/x/1', undefined],
  ])('%s lies at %s', (uri, path) => {
    expect(artifactPathOf(uri)).toBe(path);
  });
});

describe('folderOf', () => {
  it.each([
    ['mlflow-artifacts:/1/run1/artifacts', '1/run1'],
    ['mlflow-artifacts:/1/run1/artifacts/model/x', '1/run1'],
    [`mlflow-artifacts:/1/models/${model}/artifacts`, `1/models/${model}`],
    ['mlflow-artifacts://host/1/run1/artifacts', '1/run1'],
    ['mlflow-artifacts:/1', undefined],
    ['mlflow-artifacts:/', undefined],
    ['mlflow-artifacts:/1/../2/artifacts', undefined],
    ['mlflow-artifacts:/1/2/run1/artifacts', undefined],
    ['s3://bucket/1/run1/artifacts', undefined],
    ['/1/run1/artifacts', undefined],
  ])('reads %s', (address, folder) => {
    expect(folderOf(address)).toBe(folder);
  });
});
